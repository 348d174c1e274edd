/** Backups: what each has, and what can be brought back from it. Nothing here removes or overwrites anything. */
import { useEffect } from "react";
import { Button } from "../../ui/Button.tsx";
import { ConfirmButton } from "../../ui/ConfirmButton.tsx";
import { Dialog, DialogActions } from "../../ui/Dialog.tsx";
import type { Desk } from "../desk.ts";
import { troublesListedMax } from "../limits.ts";
import { amount } from "../status/amount.ts";
import { useStore } from "../use-store.ts";
import { shownMoment } from "./moment.ts";
import type { BackedUp, Backup, Chosen } from "./restoring.ts";
import styles from "./Restore.module.css";

export function RestoreDialog({ desk }: { desk: Desk }) {
  const { restoring } = desk;
  const list = useStore(restoring.list);
  const chosen = useStore(restoring.chosen);
  const problem = useStore(restoring.problem);
  const done = useStore(restoring.done);
  const isBusy = useStore(restoring.isBusy);
  useEffect(() => void restoring.start(), [restoring]);
  return (
    <Dialog wide title="Restore from backup" onClose={() => desk.dialog.set(null)}>
      <p className={styles["words"]}>
        Deckle backs up by itself while it runs. Bringing something back only adds: nothing that is here is
        removed or overwritten.
      </p>
      {list.state === "asking" && <p className={styles["words"]}>Looking for backups…</p>}
      {list.state === "unknown" && (
        <p role="alert" className={styles["problem"]}>
          {list.words}
        </p>
      )}
      {list.state === "known" && list.backups.length === 0 && (
        <p className={styles["words"]}>
          There is no backup yet. Deckle makes the first a few minutes after it starts, in {list.folder}.
        </p>
      )}
      {list.state === "known" && list.backups.length > 0 && (
        <ul aria-label="Backups" className={styles["list"]}>
          {list.backups.map((backup) => (
            <BackupRow key={backup.name} desk={desk} backup={backup} chosen={chosen} />
          ))}
        </ul>
      )}
      <div aria-live="polite">
        {done !== null && <p className={styles["done"]}>{done}</p>}
        {problem !== null && (
          <p role="alert" className={styles["problem"]}>
            {problem}
          </p>
        )}
      </div>
      <DialogActions>
        <Button label="Show backups" onPress={() => void desk.showFolder("backups")}>
          Show backups
        </Button>
        <Button label="Back up now" isPending={isBusy} onPress={() => void restoring.backUpNow()}>
          Back up now
        </Button>
      </DialogActions>
    </Dialog>
  );
}

function BackupRow({ desk, backup, chosen }: { desk: Desk; backup: Backup; chosen: Chosen | null }) {
  const { restoring } = desk;
  const { name, atMs, documents, bytes } = backup;
  const isChosen = chosen?.backup === name;
  const when = shownMoment(atMs);
  return (
    <li className={styles["backup"]}>
      <button
        type="button"
        aria-expanded={isChosen}
        className={styles["head"]}
        onClick={() => (isChosen ? restoring.chosen.set(null) : void restoring.choose(name))}
      >
        <span className={styles["when"]}>{when}</span>
        <span className={styles["faint"]}>
          {documents === 1 ? "1 document" : `${documents} documents`} · {amount(bytes)}
        </span>
      </button>
      {isChosen && <BackupContents desk={desk} when={when} chosen={chosen} />}
    </li>
  );
}

function BackupContents({ desk, when, chosen }: { desk: Desk; when: string; chosen: Chosen }) {
  const { restoring } = desk;
  const isBusy = useStore(restoring.isBusy);
  if (chosen.state === "asking") return <p className={styles["words"]}>Reading the backup…</p>;
  if (chosen.state === "unknown")
    return (
      <p role="alert" className={styles["problem"]}>
        {chosen.words}
      </p>
    );
  const { backup, documents } = chosen;
  const more = documents.length - troublesListedMax;
  return (
    <div className={styles["contents"]}>
      <div className={styles["bring"]}>
        <ConfirmButton
          quiet={false}
          label={`Bring back what is missing, from ${when}`}
          question="What this backup has and this device lacks is added. Deckle's windows are loaded again when it is done."
          isPending={isBusy}
          onConfirm={() => void restoring.bringBack(backup)}
        >
          Bring back what is missing
        </ConfirmButton>
      </div>
      <ul aria-label={`Documents of ${when}`} className={styles["documents"]}>
        {documents.slice(0, troublesListedMax).map((document) => (
          <DocumentRow key={document.document} desk={desk} backup={backup} document={document} />
        ))}
        {more > 0 && <li className={styles["faint"]}>And {more} more, which come back with the others.</li>}
      </ul>
    </div>
  );
}

function DocumentRow({ desk, backup, document }: { desk: Desk; backup: string; document: BackedUp }) {
  const isBusy = useStore(desk.restoring.isBusy);
  // What no list knows may be a list itself, of which there is nothing to show.
  const title = document.title === null ? "Not in the library" : document.title.trim() || "Untitled";
  return (
    <li className={styles["row"]}>
      <span className={styles["name"]}>
        {title} <span className={styles["faint"]}>{amount(document.bytes)}</span>
      </span>
      <Button
        quiet
        label={`Open ${title} as a copy`}
        isPending={isBusy}
        onPress={() => void desk.openCopyFromBackup(backup, document)}
      >
        Open as a copy
      </Button>
    </li>
  );
}
