/** "Where is my text?": the way of this document's words, and what of the whole library is not everywhere yet. */
import { Check, Clock, Minus, RefreshCw, TriangleAlert } from "lucide-react";
import { useEffect, useState } from "react";
import type { Bridge } from "../../../electron/ipc.ts";
import { Button } from "../../ui/Button.tsx";
import { Dialog, DialogActions } from "../../ui/Dialog.tsx";
import type { Desk, Page } from "../desk.ts";
import { troublesListedMax } from "../limits.ts";
import { missingWords } from "../page/missing-words.ts";
import { useStore } from "../use-store.ts";
import { pipeline } from "./pipeline.ts";
import type { Station, StationState } from "./pipeline.ts";
import styles from "./Where.module.css";
import { libraryWords, missingDocuments } from "./whole-library.ts";

export function WhereDialog({ desk }: { desk: Desk }) {
  const page = useStore(desk.page);
  useEffect(() => desk.where.watch(), [desk]);
  return (
    <Dialog wide title="Where is my text?" onClose={() => desk.dialog.set(null)}>
      {page && <ThisDocument desk={desk} page={page} />}
      <WholeLibrary desk={desk} />
      <ReadableCopy desk={desk} />
      <DialogActions>
        <Button label="Restore from backup…" onPress={() => desk.dialog.set({ name: "restore" })}>
          Restore from backup…
        </Button>
        <Button label="Check storage…" onPress={() => desk.dialog.set({ name: "storage" })}>
          Check storage…
        </Button>
      </DialogActions>
    </Dialog>
  );
}

function ThisDocument({ desk, page }: { desk: Desk; page: Page }) {
  const facts = useStore(desk.status.facts);
  const amountReceived = useStore(desk.status.amountReceived);
  return (
    <section aria-label="This document" className={styles["section"]}>
      <h3 className={styles["heading"]}>
        <span className={styles["title"]}>{page.session.title.value.trim() || "Untitled"}</span>
      </h3>
      {page.progress.state === "missing" ? (
        <p className={styles["words"]}>
          {missingWords({
            isDamaged: page.progress.isDamaged,
            isShown: page.progress.shown,
            hasRelay: facts.relay?.state !== "none",
            amountReceived,
          })}
        </p>
      ) : (
        <ol aria-label="The way of its words" className={styles["stations"]}>
          {pipeline(facts).map((station) => (
            <StationRow key={station.name} station={station} />
          ))}
        </ol>
      )}
    </section>
  );
}

const marks: Readonly<Record<StationState, typeof Check>> = {
  done: Check,
  "under way": RefreshCw,
  waiting: Clock,
  failed: TriangleAlert,
  none: Minus,
};
const stateWords: Readonly<Record<StationState, string>> = {
  done: "Done",
  "under way": "Under way",
  waiting: "Waiting",
  failed: "Failed",
  none: "None",
};

function StationRow({ station: { name, state, words, wayOut } }: { station: Station }) {
  const Mark = marks[state];
  return (
    <li className={styles["station"]}>
      <span className={styles["mark"]} data-state={state}>
        <Mark size={16} aria-hidden />
      </span>
      <span className={styles["name"]}>{name}</span>
      <span className={styles["facts"]} data-state={state}>
        <span>
          <span className={styles["hidden"]}>{stateWords[state]}: </span>
          {words}
        </span>
        {wayOut !== null && <span className={styles["way-out"]}>{wayOut}</span>}
      </span>
    </li>
  );
}

function WholeLibrary({ desk }: { desk: Desk }) {
  const library = useStore(desk.where.library);
  return (
    <section aria-label="The whole library" className={styles["section"]}>
      <h3 className={styles["heading"]}>The whole library</h3>
      {library.state === "asking" && <p className={styles["words"]}>Asking Deckle's engine…</p>}
      {library.state === "unknown" && (
        <p role="alert" className={styles["words"]}>
          {library.words}
        </p>
      )}
      {library.state === "known" && (
        <>
          <p className={styles["words"]}>{libraryWords(library.documents).join(" ")}</p>
          <MissingList missing={missingDocuments(library.documents)} />
        </>
      )}
    </section>
  );
}

function MissingList({ missing }: { missing: ReturnType<typeof missingDocuments> }) {
  if (missing.length === 0) return null;
  const more = missing.length - troublesListedMax;
  return (
    <ul aria-label="Not everywhere yet" className={styles["list"]}>
      {missing.slice(0, troublesListedMax).map(({ document, title, words }) => (
        <li key={document} className={styles["item"]}>
          <span className={styles["title"]}>{title.trim() || "Untitled"}</span>
          <span className={styles["way-out"]}>{words}</span>
        </li>
      ))}
      {more > 0 && <li className={styles["item"]}>And {more} more.</li>}
    </ul>
  );
}

/** Only where one is kept. */
function ReadableCopy({ desk }: { desk: Desk }) {
  const [mirror, setMirror] = useState<Awaited<ReturnType<Bridge["mirrorState"]>> | null>(null);
  useEffect(() => {
    void desk.mirrorState().then(setMirror);
  }, [desk]);
  if (!mirror || mirror.folder === null) return null;
  const { folder, documents, problem } = mirror;
  return (
    <section aria-label="Readable copy" className={styles["section"]}>
      <h3 className={styles["heading"]}>Readable copy</h3>
      {problem !== null && (
        <p role="alert" className={styles["words"]}>
          {problem}
        </p>
      )}
      <p className={styles["faint"]}>
        {documents === 1 ? "1 document is" : `${documents} documents are`} kept as Markdown in {folder}.
      </p>
    </section>
  );
}
