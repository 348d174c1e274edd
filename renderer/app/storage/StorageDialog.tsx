/** Reads and verifies all that is stored, and says what came of it. */
import { useEffect, useState } from "react";
import type { StorageReport } from "../../engine/port.ts";
import { Button } from "../../ui/Button.tsx";
import { Dialog, DialogActions } from "../../ui/Dialog.tsx";
import type { Desk } from "../desk.ts";
import { troublesListedMax } from "../limits.ts";
import { isHelpedByBackup, outcome, whatToDo } from "./storage-words.ts";
import styles from "./Storage.module.css";

type Checked =
  | { state: "checking" }
  | { state: "failed"; words: string }
  | { state: "checked"; report: StorageReport };

const checkedAs = (answer: StorageReport | string): Checked =>
  typeof answer === "string" ? { state: "failed", words: answer } : { state: "checked", report: answer };

export function StorageDialog({ desk }: { desk: Desk }) {
  const [checked, setChecked] = useState<Checked>({ state: "checking" });
  useEffect(() => void desk.checkStorage().then((answer) => setChecked(checkedAs(answer))), [desk]);
  const again = (): void => {
    setChecked({ state: "checking" });
    void desk.checkStorage().then((answer) => setChecked(checkedAs(answer)));
  };
  const mayRestore = checked.state === "checked" && isHelpedByBackup(checked.report);
  return (
    <Dialog wide title="Check storage" onClose={() => desk.dialog.set(null)}>
      <div aria-live="polite">
        {checked.state === "checking" && (
          <p className={styles["words"]}>
            Reading everything that is stored… You can go on writing meanwhile.
          </p>
        )}
        {checked.state === "failed" && (
          <p role="alert" className={styles["problem"]}>
            The storage was not checked: {checked.words}
          </p>
        )}
        {checked.state === "checked" && <Report report={checked.report} />}
      </div>
      <DialogActions>
        <Button quiet label="Show second copy" onPress={() => void desk.showFolder("copy")}>
          Show second copy
        </Button>
        {mayRestore ? (
          <Button label="Restore from backup…" onPress={() => desk.dialog.set({ name: "restore" })}>
            Restore from backup…
          </Button>
        ) : (
          <Button quiet label="Show backups" onPress={() => void desk.showFolder("backups")}>
            Show backups
          </Button>
        )}
        <Button label="Check again" isPending={checked.state === "checking"} onPress={again}>
          Check again
        </Button>
      </DialogActions>
    </Dialog>
  );
}

function Report({ report }: { report: StorageReport }) {
  const { state, title, words, damaged, healed, missing } = outcome(report);
  const advice = whatToDo(report);
  return (
    <>
      <p className={styles["outcome"]} data-state={state}>
        {title}
      </p>
      {words.map((each) => (
        <p key={each} className={styles["words"]}>
          {each}
        </p>
      ))}
      <Titles label="Damaged" titles={damaged} />
      <Titles label="Mended" titles={healed} />
      <Titles label="Not on this device" titles={missing} />
      {advice !== null && <p className={styles["advice"]}>{advice}</p>}
    </>
  );
}

function Titles({ label, titles }: { label: string; titles: readonly string[] }) {
  if (titles.length === 0) return null;
  const more = titles.length - troublesListedMax;
  return (
    <section aria-label={label}>
      <h3 className={styles["heading"]}>{label}</h3>
      <ul aria-label={label} className={styles["list"]}>
        {titles.slice(0, troublesListedMax).map((title, at) => (
          // Several may have the same title, and none moves.
          <li key={at}>{title}</li>
        ))}
        {more > 0 && <li>And {more} more.</li>}
      </ul>
    </section>
  );
}
