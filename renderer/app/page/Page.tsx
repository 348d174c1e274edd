/** The page: title and text in one column. React draws around the editor and never inside it. */
import { useEffect, useLayoutEffect, useRef } from "react";
import { Selection } from "prosemirror-state";
import { caretToEnd } from "../../editor/blocks.ts";
import { Button } from "../../ui/Button.tsx";
import type { Desk, Page as OpenPage } from "../desk.ts";
import { useReadOnly } from "../use-read-only.ts";
import { useStore } from "../use-store.ts";
import { missingWords } from "./missing-words.ts";
import { Title } from "./Title.tsx";
import styles from "./Page.module.css";

function MissingNote({ desk, isShown, isDamaged }: { desk: Desk; isShown: boolean; isDamaged: boolean }) {
  const amountReceived = useStore(desk.status.amountReceived);
  const { relay } = useStore(desk.status.facts);
  const hasRelay = relay?.state !== "none";
  return (
    <div className={styles["note"]}>
      <p role={isDamaged ? "alert" : undefined}>
        {missingWords({ isDamaged, isShown, hasRelay, amountReceived })}
      </p>
      {(isDamaged || !hasRelay) && (
        <Button label="Restore from backup…" onPress={() => desk.dialog.set({ name: "restore" })}>
          Restore from backup…
        </Button>
      )}
    </div>
  );
}

function ProgressNote({ desk, page }: { desk: Desk; page: OpenPage }) {
  const { progress } = page;
  switch (progress.state) {
    case "open":
    case "opening":
      return null;
    case "missing":
      return <MissingNote desk={desk} isShown={progress.shown} isDamaged={progress.isDamaged} />;
    case "unreadable":
      return (
        <p className={styles["note"]} role="alert">
          This document could not be opened: {progress.reason} Nothing of it was changed.
        </p>
      );
  }
}

export function Page({ desk, page }: { desk: Desk; page: OpenPage }) {
  const { session, progress, focus } = page;
  const host = useRef<HTMLDivElement>(null);
  const title = useRef<HTMLTextAreaElement>(null);
  const { shown } = progress;
  const readOnly = useReadOnly(desk);

  useLayoutEffect(() => {
    if (!host.current || !shown) return;
    session.mount(host.current);
    if (session.view) keepReactOut(session.view.dom);
    return () => session.unmount();
  }, [session, shown]);

  useEffect(() => {
    if (!shown) return;
    if (focus === "title") title.current?.focus();
    else session.view?.focus();
  }, [session, shown, focus]);

  const toText = (): void => {
    const { view } = session;
    if (!view) return;
    view.dispatch(view.state.tr.setSelection(Selection.atStart(view.state.doc)).scrollIntoView());
    view.focus();
  };
  const canEdit = readOnly === null && (progress.state === "open" || progress.state === "opening");

  return (
    <div
      role="presentation"
      data-scroll
      className={styles["scroll"]}
      onMouseDown={(event) => {
        // The paper below the last line belongs to the text.
        if (event.target !== event.currentTarget || !session.view) return;
        event.preventDefault();
        desk.run(caretToEnd);
      }}
    >
      <article className={styles["column"]} data-document={session.document}>
        <Title title={session.title} readOnly={!canEdit} fieldRef={title} onLeave={toText} />
        <ProgressNote desk={desk} page={page} />
        <div ref={host} className={styles["host"]} />
      </article>
    </div>
  );
}

/**
 * At each of its commits React keeps the selection of what has the focus, to put it back: for that it walks over all
 * letters of a text that says that it can be edited (10 ms for 100,000 words). Nothing of its own is in there. The
 * attribute, which the browser goes by, stays.
 */
function keepReactOut(dom: HTMLElement): void {
  Object.defineProperty(dom, "contentEditable", { value: "inherit", configurable: true });
}
