/** The window: library, page, status; and what the window as a whole listens to. */
import { PanelLeftOpen } from "lucide-react";
import { lazy, Suspense, useCallback, useEffect, useState, useSyncExternalStore } from "react";
import { Button } from "../ui/Button.tsx";
import "../editor/document.css";
import "../editor/blocks.css";
import styles from "./App.module.css";
import type { Desk } from "./desk.ts";
import { listenForFileDrops } from "./import/dropped-files.ts";
import { Library } from "./library/Library.tsx";
import { Notices } from "./notices/Notices.tsx";
import { Banner } from "./page/Banner.tsx";
import { DocumentMenu } from "./page/DocumentMenu.tsx";
import { FileBar } from "./page/FileBar.tsx";
import { ImageBar } from "./page/ImageBar.tsx";
import { Page } from "./page/Page.tsx";
import { TableBar } from "./page/TableBar.tsx";
import { Toolbar } from "./page/Toolbar.tsx";
import { shownKey } from "./shown-key.ts";
import { StatusLine } from "./status/StatusLine.tsx";
import { useFocusBack } from "./use-focus-back.ts";
import { useReadOnly } from "./use-read-only.ts";
import { useStore } from "./use-store.ts";

// Dialogs are not needed to write; their code is fetched when the first one opens.
const SettingsDialog = lazy(async () => ({
  default: (await import("./settings/SettingsDialog.tsx")).SettingsDialog,
}));
const JoinDialog = lazy(async () => ({ default: (await import("./places/JoinDialog.tsx")).JoinDialog }));
const MoveDialog = lazy(async () => ({ default: (await import("./places/MoveDialog.tsx")).MoveDialog }));
const ShareDialog = lazy(async () => ({ default: (await import("./sharing/ShareDialog.tsx")).ShareDialog }));
const WhereDialog = lazy(async () => ({ default: (await import("./where/WhereDialog.tsx")).WhereDialog }));
const StorageDialog = lazy(async () => ({
  default: (await import("./storage/StorageDialog.tsx")).StorageDialog,
}));
const RestoreDialog = lazy(async () => ({
  default: (await import("./restore/RestoreDialog.tsx")).RestoreDialog,
}));
const AltTextDialog = lazy(async () => ({
  default: (await import("./page/AltTextDialog.tsx")).AltTextDialog,
}));
const LinkDialog = lazy(async () => ({ default: (await import("./page/LinkDialog.tsx")).LinkDialog }));

const narrow = "(max-width: 52rem)";
const sidebarKey = "deckle.sidebar";

/** A window may be narrow for a moment before it has its size, and people make it so and wide again. */
function onNarrow(changed: () => void): () => void {
  const query = matchMedia(narrow);
  query.addEventListener("change", changed);
  return () => query.removeEventListener("change", changed);
}

function Dialogs({ desk }: { desk: Desk }) {
  const dialog = useStore(desk.dialog);
  useFocusBack(desk.dialog);
  return (
    <Suspense fallback={null}>
      {dialog?.name === "settings" && <SettingsDialog desk={desk} />}
      {dialog?.name === "join" && <JoinDialog key={dialog.link} desk={desk} link={dialog.link} />}
      {dialog?.name === "move" && <MoveDialog desk={desk} />}
      {dialog?.name === "share" && <ShareDialog desk={desk} />}
      {dialog?.name === "where" && <WhereDialog desk={desk} />}
      {dialog?.name === "storage" && <StorageDialog desk={desk} />}
      {dialog?.name === "restore" && <RestoreDialog desk={desk} />}
      {dialog?.name === "link" && (
        <LinkDialog href={dialog.href} onClose={(href) => desk.closeLinkDialog(href)} />
      )}
      {dialog?.name === "alt-text" && (
        <AltTextDialog alt={dialog.alt} onClose={(alt) => desk.closeAltTextDialog(alt)} />
      )}
    </Suspense>
  );
}

/** Where nothing is open; a page lies ready at once wherever one may write. */
function Empty({ desk }: { desk: Desk }) {
  const library = useStore(desk.library);
  const readOnly = useReadOnly(desk);
  return (
    <div className={styles["empty"]}>
      {library?.length === 0 && readOnly !== null && <p>There is nothing here yet. {readOnly}</p>}
    </div>
  );
}

export function App({ desk }: { desk: Desk }) {
  const page = useStore(desk.page);
  const readOnly = useReadOnly(desk);
  const isNarrow = useSyncExternalStore(onNarrow, () => matchMedia(narrow).matches);
  const [beside, setBeside] = useState(() => localStorage.getItem(sidebarKey) !== "hidden");
  // Over the page it is a guest, who comes when asked.
  const [over, setOver] = useState(false);
  const sidebar = isNarrow ? over : beside;
  const toggle = useCallback(() => {
    if (isNarrow) return setOver((shown) => !shown);
    setBeside((shown) => {
      localStorage.setItem(sidebarKey, shown ? "hidden" : "shown");
      return !shown;
    });
  }, [isNarrow]);
  const chosen = useCallback(() => setOver(false), []);

  useEffect(() => {
    const keydown = (event: KeyboardEvent): void => {
      if (event.key === "Escape") setOver(false);
      if (event.key !== "\\" || !(event.metaKey || event.ctrlKey) || event.altKey) return;
      event.preventDefault();
      toggle();
    };
    const leave = (): void => desk.flush();
    const hide = (): void => {
      if (document.visibilityState === "hidden") desk.flush();
    };
    const stopDrops = listenForFileDrops(window, {
      onFiles: (files) => void desk.importFiles(files),
      onDropped: (dropped, at) => desk.drop(dropped, at),
    });
    window.addEventListener("keydown", keydown);
    window.addEventListener("blur", leave);
    document.addEventListener("visibilitychange", hide);
    return () => {
      stopDrops();
      window.removeEventListener("keydown", keydown);
      window.removeEventListener("blur", leave);
      document.removeEventListener("visibilitychange", hide);
    };
  }, [desk, toggle]);

  return (
    <div className={styles["window"]}>
      {sidebar && (
        <>
          <div className={styles["side"]}>
            <Library desk={desk} onHide={toggle} onChosen={chosen} />
          </div>
          {/* The pointer's way out; the keyboard has Escape and the sidebar's own button. */}
          <div className={styles["scrim"]} aria-hidden onPointerDown={chosen} />
        </>
      )}
      <main className={styles["main"]}>
        <header className={styles["bar"]}>
          {!sidebar && (
            <Button quiet label="Show library" tip={`Show library (${shownKey("Mod-\\")})`} onPress={toggle}>
              <PanelLeftOpen size={17} aria-hidden />
            </Button>
          )}
          {page && <Toolbar desk={desk} />}
          {page && <TableBar desk={desk} />}
          {page && <ImageBar desk={desk} />}
          {page && <FileBar desk={desk} />}
          {page && (
            <div className={styles["end"]}>
              {readOnly !== null && (
                <span className={styles["read-only"]} title={readOnly}>
                  Read only
                </span>
              )}
              <DocumentMenu desk={desk} />
            </div>
          )}
        </header>
        <Banner desk={desk} />
        {page ? <Page key={page.session.document} desk={desk} page={page} /> : <Empty desk={desk} />}
        <StatusLine status={desk.status} onPress={() => desk.dialog.set({ name: "where" })} />
      </main>
      <Notices board={desk.notices} />
      <Dialogs desk={desk} />
    </div>
  );
}
