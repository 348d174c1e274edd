/** Invites that wait, and making one. Its link is shown once: nobody but who has it then can show it again. */
import { useState } from "react";
import type { People } from "../../../electron/ipc.ts";
import { Button } from "../../ui/Button.tsx";
import { Choice } from "../../ui/Choice.tsx";
import { ConfirmButton } from "../../ui/ConfirmButton.tsx";
import { TextField } from "../../ui/TextField.tsx";
import { roleName, rolesToGive } from "../access/role-words.ts";
import type { Role } from "../access/role-words.ts";
import { useStore } from "../use-store.ts";
import { pendingInvites } from "./arrange.ts";
import styles from "./Sharing.module.css";
import { dayMs, inviteWords, lastingChoices, linkWords, usesChoices } from "./sharing-words.ts";
import type { Sharing } from "./sharing.ts";

type Made = { link: string; words: string };
type Props = { sharing: Sharing; people: People; askedMs: number };

export function Invites({ sharing, people, askedMs }: Props) {
  const isBusy = useStore(sharing.isBusy);
  const [made, setMade] = useState<Made | null>(null);
  const { you } = people;
  const pending = pendingInvites(people, askedMs);
  const giveable = rolesToGive(you.role);

  const addDevice = async (): Promise<void> => {
    const link = await sharing.invite({ role: you.role, member: you.member, uses: 1, lastsMs: dayMs });
    if (link !== null) setMade({ link, words: linkWords(you.role, 1, true) });
  };

  return (
    <section aria-label="Invites">
      <h3 className={styles["heading"]}>Invites</h3>
      {pending.length > 0 && (
        <ul aria-label="Invites" className={styles["list"]}>
          {pending.map((invite) => (
            <li key={invite.id} className={styles["row"]}>
              <span className={styles["name"]}>{inviteWords(invite)}</span>
              <ConfirmButton
                label={`Withdraw: ${inviteWords(invite)}`}
                question="Nobody will be able to join by this link any more."
                isPending={isBusy}
                onConfirm={() => void sharing.change({ call: "withdraw", invite: invite.id })}
              >
                Withdraw
              </ConfirmButton>
            </li>
          ))}
        </ul>
      )}
      {giveable.length > 0 && <InviteForm sharing={sharing} giveable={giveable} onMade={setMade} />}
      <Button label="Invite another device of mine" isPending={isBusy} onPress={() => void addDevice()}>
        Invite another device of mine
      </Button>
      {made && <MadeLink key={made.link} {...made} />}
    </section>
  );
}

type FormProps = { sharing: Sharing; giveable: readonly Role[]; onMade: (made: Made) => void };

function InviteForm({ sharing, giveable, onMade }: FormProps) {
  const isBusy = useStore(sharing.isBusy);
  const [role, setRole] = useState<Role>("editor");
  const [days, setDays] = useState<(typeof lastingChoices)[number]["value"]>("7");
  const [uses, setUses] = useState<(typeof usesChoices)[number]["value"]>("1");

  const make = async (): Promise<void> => {
    const count = Number(uses);
    const link = await sharing.invite({ role, uses: count, lastsMs: Number(days) * dayMs });
    if (link !== null) onMade({ link, words: linkWords(role, count, false) });
  };

  return (
    <form
      noValidate
      className={styles["form"]}
      onSubmit={(event) => {
        event.preventDefault();
        void make();
      }}
    >
      <Choice
        label="Role"
        value={role}
        choices={giveable.map((each) => ({ value: each, label: roleName(each) }))}
        onChange={setRole}
      />
      <Choice label="For how long" value={days} choices={lastingChoices} onChange={setDays} />
      <Choice label="For how many" value={uses} choices={usesChoices} onChange={setUses} />
      <Button type="submit" primary label="Make an invite" isPending={isBusy}>
        Make an invite
      </Button>
    </form>
  );
}

function MadeLink({ link, words }: Made) {
  const [said, setSaid] = useState("");
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(link);
      setSaid("Copied.");
    } catch {
      setSaid("It could not be copied: select the link and copy it yourself.");
    }
  };
  return (
    <div className={styles["made"]}>
      <TextField
        label="Invite link"
        value={link}
        onChange={() => {}}
        problem={null}
        isReadOnly
        focusFirst
        description={words}
      />
      <Button label="Copy link" onPress={() => void copy()}>
        Copy link
      </Button>
      <p role="status" aria-label="Copying" className={styles["faint"]}>
        {said}
      </p>
    </div>
  );
}
