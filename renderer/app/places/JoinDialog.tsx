/**
 * Joining a workspace: first the link of an invite, then what it is for and who one is there. Nothing is connected to
 * before the second step is agreed to. What was typed stays where something does not work.
 */
import { useEffect, useState } from "react";
import { Button } from "../../ui/Button.tsx";
import { Checkbox } from "../../ui/Checkbox.tsx";
import { Dialog, DialogActions } from "../../ui/Dialog.tsx";
import { TextField } from "../../ui/TextField.tsx";
import { roleName, whatMay } from "../access/role-words.ts";
import type { Desk } from "../desk.ts";
import { nameCharsMax } from "../limits.ts";
import { hostOf, workspaceName } from "./place-words.ts";
import type { Invite } from "./places.ts";
import styles from "./dialogs.module.css";

type StepProps = { desk: Desk; onBack: () => void; link: string; invite: Invite };

/** @param link of an invite that somebody opened; "" where it is to be pasted */
export function JoinDialog({ desk, link: opened }: { desk: Desk; link: string }) {
  const [link, setLink] = useState(opened);
  const [invite, setInvite] = useState<Invite | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);

  const read = async (typed: string): Promise<void> => {
    setBusy(true);
    const answer = await desk.places.readInvite(typed.trim());
    setBusy(false);
    if (answer.ok) setInvite(answer);
    setProblem(answer.ok ? null : answer.message);
  };
  useEffect(() => {
    if (opened !== "") void read(opened);
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the dialog of another link is another dialog
  }, []);

  return (
    <Dialog title="Join a workspace" onClose={() => desk.dialog.set(null)}>
      {invite ? (
        <Confirmation desk={desk} link={link.trim()} invite={invite} onBack={() => setInvite(null)} />
      ) : (
        <form
          noValidate
          onSubmit={(event) => {
            event.preventDefault();
            void read(link);
          }}
        >
          <TextField
            label="Invite link"
            value={link}
            onChange={setLink}
            problem={problem}
            focusFirst
            placeholder="deckle://join?…"
            description="Whoever invited you has sent it to you. Nothing is connected to before you agree."
          />
          <DialogActions>
            <Button type="submit" primary label="Go on" isDisabled={link.trim() === ""} isPending={busy}>
              Go on
            </Button>
          </DialogActions>
        </form>
      )}
    </Dialog>
  );
}

function Confirmation({ desk, link, invite, onBack }: StepProps) {
  const [name, setName] = useState("");
  const [deviceName, setDeviceName] = useState(invite.deviceName);
  const [agrees, setAgrees] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const isReadable = invite.keyStorage === "readable";
  const isWhole = name.trim() !== "" && deviceName.trim() !== "" && (agrees || !isReadable);

  // On success main reloads the window, which is in the workspace then.
  const join = async (): Promise<void> => {
    setBusy(true);
    setProblem(null);
    const words = await desk.places.join({
      link,
      name: name.trim(),
      deviceName: deviceName.trim(),
      agreesToReadableKey: isReadable && agrees,
    });
    setBusy(false);
    if (words === null) desk.dialog.set(null);
    else setProblem(words);
  };

  return (
    <form
      noValidate
      className={styles["form"]}
      onSubmit={(event) => {
        event.preventDefault();
        if (isWhole) void join();
      }}
    >
      <dl className={styles["facts"]}>
        <dt>Workspace</dt>
        <dd>{workspaceName(invite)}</dd>
        <dt>Relay</dt>
        <dd title={invite.relay}>{hostOf(invite.relay)}</dd>
        <dt>Role</dt>
        <dd>
          {roleName(invite.role)}. You will be able to {whatMay(invite.role)}.
        </dd>
      </dl>
      <TextField
        label="Your name"
        value={name}
        onChange={setName}
        problem={null}
        focusFirst
        charsMax={nameCharsMax}
        description="The others in the workspace see it."
      />
      <TextField
        label="This computer’s name"
        value={deviceName}
        onChange={setDeviceName}
        problem={null}
        charsMax={nameCharsMax}
        description="By it you and the owners tell your devices apart."
      />
      {isReadable && (
        <Checkbox isChecked={agrees} onChange={setAgrees}>
          Keep this device’s key where other programs of mine could read it. This system offers no protected
          place for keys: a program that runs under your account could copy the key and pass for this device.
        </Checkbox>
      )}
      {problem !== null && (
        <p role="alert" className={styles["problem"]}>
          {problem}
        </p>
      )}
      <DialogActions>
        <Button label="Back" isPending={busy} onPress={onBack}>
          Back
        </Button>
        <Button type="submit" primary label="Join" isDisabled={!isWhole} isPending={busy}>
          Join
        </Button>
      </DialogActions>
    </form>
  );
}
