import { useState } from "react";
import { Button } from "../../ui/Button.tsx";
import { Dialog, DialogActions } from "../../ui/Dialog.tsx";
import { TextField } from "../../ui/TextField.tsx";
import type { Desk } from "../desk.ts";
import { useStore } from "../use-store.ts";
import styles from "./SettingsDialog.module.css";

export function SettingsDialog({ desk }: { desk: Desk }) {
  const configuration = useStore(desk.configuration);
  const relay = configuration?.relay ?? "";
  const [url, setUrl] = useState(relay);
  const [problem, setProblem] = useState(configuration?.relayProblem ?? null);
  const [busy, setBusy] = useState(false);
  const close = (): void => desk.dialog.set(null);

  // On success main reloads the window under a content policy that names the relay.
  const set = async (value: string | null): Promise<void> => {
    setBusy(true);
    const words = await desk.setRelay(value);
    setBusy(false);
    if (words === null) close();
    else setProblem(words);
  };

  return (
    <Dialog title="Settings" onClose={close}>
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
          focusFirst
          placeholder="wss://relay.example/sync"
          description="Where this profile's documents meet other people's. Without one, everything stays on this device."
        />
        <DialogActions>
          <Button label="Clear" isDisabled={relay === ""} isPending={busy} onPress={() => void set(null)}>
            Clear
          </Button>
          <Button type="submit" primary label="Save" isDisabled={url.trim() === relay} isPending={busy}>
            Save
          </Button>
        </DialogActions>
      </form>
      {configuration && (
        <p className={styles["about"]}>
          Deckle {configuration.version} · profile {configuration.profile}
          {configuration.standIn && " · Test build of Electron"}
        </p>
      )}
    </Dialog>
  );
}
