/** Hands a document of the private workspace over to one that was joined. */
import { useState } from "react";
import { Button } from "../../ui/Button.tsx";
import { Choice } from "../../ui/Choice.tsx";
import { Dialog, DialogActions } from "../../ui/Dialog.tsx";
import { mayWriteAs } from "../access/access.ts";
import type { Desk } from "../desk.ts";
import { useStore } from "../use-store.ts";
import { hostOf, workspaceName } from "./place-words.ts";
import styles from "./dialogs.module.css";

export function MoveDialog({ desk }: { desk: Desk }) {
  const configuration = useStore(desk.places.configuration);
  const page = useStore(desk.page);
  const workspaces = (configuration?.workspaces ?? []).filter(({ role }) => mayWriteAs(role));
  const [wanted, setWanted] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const chosen = workspaces.find(({ workspace }) => workspace === wanted) ?? workspaces[0];
  const close = (): void => desk.dialog.set(null);

  const move = async (): Promise<void> => {
    if (!chosen || !page) return;
    setBusy(true);
    const words = await desk.handOver(page.session, chosen);
    setBusy(false);
    if (words === null) close();
    else setProblem(words);
  };

  return (
    <Dialog title="Move to a workspace" onClose={close}>
      {chosen ? (
        <form
          noValidate
          className={styles["form"]}
          onSubmit={(event) => {
            event.preventDefault();
            void move();
          }}
        >
          <Choice
            label="Workspace"
            value={chosen.workspace}
            choices={workspaces.map((joined) => ({
              value: joined.workspace,
              label: `${workspaceName(joined)} (${hostOf(joined.relay)})`,
            }))}
            onChange={setWanted}
          />
          <p className={styles["words"]}>
            Everybody in that workspace will be able to read it, with all of its history. It is shared the
            next time you turn there.
          </p>
          {problem !== null && (
            <p role="alert" className={styles["problem"]}>
              {problem}
            </p>
          )}
          <DialogActions>
            <Button type="submit" primary label="Move" isPending={busy}>
              Move
            </Button>
          </DialogActions>
        </form>
      ) : (
        <>
          <p className={styles["words"]}>You have joined no workspace that you may write in.</p>
          <DialogActions>
            <Button
              primary
              label="Join a workspace…"
              onPress={() => desk.dialog.set({ name: "join", link: "" })}
            >
              Join a workspace…
            </Button>
          </DialogActions>
        </>
      )}
    </Dialog>
  );
}
