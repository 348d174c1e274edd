import { useState } from "react";
import { Button } from "../../ui/Button.tsx";
import { ConfirmButton } from "../../ui/ConfirmButton.tsx";
import { Dialog } from "../../ui/Dialog.tsx";
import { TextField } from "../../ui/TextField.tsx";
import type { Desk } from "../desk.ts";
import { hostOf, placeId, workspaceName } from "../places/place-words.ts";
import { useStore } from "../use-store.ts";
import { PreferenceSettings } from "./PreferenceSettings.tsx";
import { SpellingSettings } from "./SpellingSettings.tsx";
import styles from "./SettingsDialog.module.css";

export function SettingsDialog({ desk }: { desk: Desk }) {
  const configuration = useStore(desk.places.configuration);
  const relay = configuration?.openRelay ?? "";
  const [url, setUrl] = useState(relay);
  const [problem, setProblem] = useState(configuration?.relayProblem ?? null);
  const [busy, setBusy] = useState(false);
  const close = (): void => desk.dialog.set(null);

  // On success main reloads the window under a content policy that names the relay.
  const set = async (value: string | null): Promise<void> => {
    setBusy(true);
    const words = await desk.places.setRelay(value);
    setBusy(false);
    if (words === null) close();
    else setProblem(words);
  };

  return (
    <Dialog title="Settings" wide onClose={close}>
      <PreferenceSettings desk={desk} />
      <SpellingSettings />
      <h3 className={styles["heading"]}>Relay</h3>
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          const typed = url.trim();
          void set(typed === "" ? null : typed);
        }}
      >
        <TextField
          label="Relay URL"
          value={url}
          onChange={setUrl}
          problem={problem}
          placeholder="wss://relay.example/sync"
          description="Where this profile's documents meet other people's. Without one, everything stays on this device."
        />
        <div className={styles["buttons"]}>
          <Button label="Clear" isDisabled={relay === ""} isPending={busy} onPress={() => void set(null)}>
            Clear
          </Button>
          <Button type="submit" primary label="Save" isDisabled={url.trim() === relay} isPending={busy}>
            Save
          </Button>
        </div>
      </form>
      <ReadableCopy desk={desk} />
      <JoinedList desk={desk} />
      {configuration && (
        <p className={styles["about"]}>
          Deckle {configuration.version} · profile {configuration.profile}
          {configuration.standIn && " · Test build of Electron"}
        </p>
      )}
    </Dialog>
  );
}

/** Each document as a Markdown file in a folder of the person's. */
function ReadableCopy({ desk }: { desk: Desk }) {
  const folder = useStore(desk.places.configuration)?.mirror ?? null;
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const set = async (isWanted: boolean): Promise<void> => {
    setBusy(true);
    setProblem(await desk.setMirror(isWanted));
    setBusy(false);
  };
  return (
    <section aria-label="Readable copy" className={styles["joined"]}>
      <h3 className={styles["heading"]}>Readable copy</h3>
      <p className={styles["words"]}>
        Deckle can keep each document as a Markdown file in a folder of yours, current within seconds, for
        other programs to read. What is changed there does not come back into Deckle.
      </p>
      {problem !== null && (
        <p role="alert" className={styles["problem"]}>
          {problem}
        </p>
      )}
      <div className={styles["row"]}>
        {folder !== null && <span className={styles["name"]}>{folder}</span>}
        <Button
          label={folder === null ? "Keep a readable copy…" : "Choose another folder…"}
          isPending={busy}
          onPress={() => void set(true)}
        >
          {folder === null ? "Keep a readable copy…" : "Choose another folder…"}
        </Button>
        {folder !== null && (
          <Button label="Stop keeping a readable copy" isPending={busy} onPress={() => void set(false)}>
            Stop
          </Button>
        )}
      </div>
    </section>
  );
}

/** The workspaces that were joined. Taking one off the list takes nothing off this device, nor it off the workspace. */
function JoinedList({ desk }: { desk: Desk }) {
  const configuration = useStore(desk.places.configuration);
  const [problem, setProblem] = useState<string | null>(null);
  if (!configuration || configuration.workspaces.length === 0) return null;
  const current = placeId(configuration.place);
  const forget = async (workspace: string): Promise<void> => setProblem(await desk.places.forget(workspace));
  return (
    <section aria-label="Joined workspaces" className={styles["joined"]}>
      <h3 className={styles["heading"]}>Joined workspaces</h3>
      {problem !== null && (
        <p role="alert" className={styles["problem"]}>
          {problem}
        </p>
      )}
      <ul className={styles["list"]}>
        {configuration.workspaces.map((joined) => (
          <li key={joined.workspace} className={styles["row"]}>
            <span className={styles["name"]}>
              {workspaceName(joined)} · {hostOf(joined.relay)}
            </span>
            {joined.workspace !== current && (
              <ConfirmButton
                label={`Forget ${workspaceName(joined)}`}
                question="It goes off this list. What you have of its documents stays on this device, in your private workspace."
                onConfirm={() => void forget(joined.workspace)}
              >
                Forget
              </ConfirmButton>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}
