/** Of the open document: who may do less in it than in the rest of the workspace. Never owners. */
import type { People } from "../../../electron/ipc.ts";
import { Choice } from "../../ui/Choice.tsx";
import { narrowingChoices, shareName } from "../access/role-words.ts";
import { useStore } from "../use-store.ts";
import { narrowingOf } from "./arrange.ts";
import styles from "./Sharing.module.css";
import type { Sharing } from "./sharing.ts";

type Props = { sharing: Sharing; people: People; documentId: string; title: string };

export function DocumentSharing({ sharing, people, documentId, title }: Props) {
  const isBusy = useStore(sharing.isBusy);
  const single = people.members.filter(
    ({ id, endedMs }) => endedMs === undefined && narrowingOf(people, documentId, id) !== "",
  );
  return (
    <section aria-label="This document">
      <h3 className={styles["heading"]}>This document</h3>
      <Choice
        label={`“${title.trim() || "Untitled"}” for everybody but owners`}
        value={narrowingOf(people, documentId)}
        choices={narrowingChoices}
        isDisabled={isBusy}
        onChange={(share) =>
          void sharing.change({ call: "narrow", documentId, ...(share !== "" && { share }) })
        }
      />
      {single.map(({ id, name }) => {
        const share = narrowingOf(people, documentId, id);
        return (
          <p key={id} className={styles["faint"]}>
            {name}: {share === "" ? "" : shareName(share)}
          </p>
        );
      })}
    </section>
  );
}
