/** Who is in this workspace, and for those who may: who else, and with what. */
import { useState } from "react";
import { Button } from "../../ui/Button.tsx";
import { Dialog, DialogActions } from "../../ui/Dialog.tsx";
import { TextField } from "../../ui/TextField.tsx";
import { whatMay } from "../access/role-words.ts";
import type { Desk } from "../desk.ts";
import { nameCharsMax } from "../limits.ts";
import { useStore } from "../use-store.ts";
import { DocumentSharing } from "./DocumentSharing.tsx";
import { Invites } from "./Invites.tsx";
import { PeopleList } from "./PeopleList.tsx";
import styles from "./Sharing.module.css";
import { asRole } from "./sharing-words.ts";
import type { PeopleState, Sharing } from "./sharing.ts";

export function ShareDialog({ desk }: { desk: Desk }) {
  const { sharing } = desk;
  const list = useStore(sharing.list);
  return (
    <Dialog wide title="Who is in this workspace" onClose={() => desk.dialog.set(null)}>
      {list.state === "asking" && <p className={styles["words"]}>Asking the relay…</p>}
      {list.state === "unknown" && <Unknown words={list.words} onAgain={() => sharing.ask()} />}
      {list.state === "known" && <Known desk={desk} list={list} />}
    </Dialog>
  );
}

function Unknown({ words, onAgain }: { words: string; onAgain: () => Promise<void> }) {
  const [busy, setBusy] = useState(false);
  const again = async (): Promise<void> => {
    setBusy(true);
    await onAgain();
    setBusy(false);
  };
  return (
    <>
      <p role="alert" className={styles["words"]}>
        {words}
      </p>
      <DialogActions>
        <Button label="Ask again" isPending={busy} onPress={() => void again()}>
          Ask again
        </Button>
      </DialogActions>
    </>
  );
}

function Known({ desk, list }: { desk: Desk; list: Extract<PeopleState, { state: "known" }> }) {
  const { sharing } = desk;
  const { people } = list;
  const problem = useStore(sharing.problem);
  const page = useStore(desk.page);
  const { role } = people.you;
  return (
    <>
      <p className={styles["words"]}>
        {people.name.trim() || "This workspace"}: you are {asRole(role)} here, and may {whatMay(role)}.
      </p>
      {problem !== null && (
        <p role="alert" className={styles["problem"]}>
          {problem}
        </p>
      )}
      <PeopleList sharing={sharing} people={people} />
      <Invites sharing={sharing} people={people} askedMs={list.askedMs} />
      {role === "owner" && page && (
        <DocumentSharing
          key={page.session.document}
          sharing={sharing}
          people={people}
          documentId={page.session.document}
          title={page.session.title.value}
        />
      )}
      {role === "owner" && <Rename sharing={sharing} name={people.name} />}
    </>
  );
}

function Rename({ sharing, name }: { sharing: Sharing; name: string }) {
  const isBusy = useStore(sharing.isBusy);
  const [typed, setTyped] = useState(name);
  const wanted = typed.trim();
  return (
    <form
      noValidate
      className={styles["rename"]}
      onSubmit={(event) => {
        event.preventDefault();
        if (wanted !== "" && wanted !== name) void sharing.change({ call: "rename", name: wanted });
      }}
    >
      <TextField
        label="Name of the workspace"
        value={typed}
        onChange={setTyped}
        problem={null}
        charsMax={nameCharsMax}
      />
      <Button type="submit" label="Rename" isDisabled={wanted === "" || wanted === name} isPending={isBusy}>
        Rename
      </Button>
    </form>
  );
}
