/** The members of a workspace with their roles, and beneath each what they write with. */
import type { People } from "../../../electron/ipc.ts";
import { Choice } from "../../ui/Choice.tsx";
import { ConfirmButton } from "../../ui/ConfirmButton.tsx";
import { roleName, roles } from "../access/role-words.ts";
import { useStore } from "../use-store.ts";
import { persons } from "./arrange.ts";
import type { ListedDevice, Person } from "./arrange.ts";
import styles from "./Sharing.module.css";
import { shownDay } from "./sharing-words.ts";
import type { Sharing } from "./sharing.ts";

const roleChoices = roles.map((role) => ({ value: role, label: roleName(role) }));

export function PeopleList({ sharing, people }: { sharing: Sharing; people: People }) {
  const isOwner = people.you.role === "owner";
  return (
    <section aria-label="People">
      <h3 className={styles["heading"]}>People</h3>
      <ul aria-label="People" className={styles["list"]}>
        {persons(people).map((person) => (
          <PersonRow key={person.id} sharing={sharing} person={person} isOwner={isOwner} />
        ))}
      </ul>
    </section>
  );
}

function PersonRow({ sharing, person, isOwner }: { sharing: Sharing; person: Person; isOwner: boolean }) {
  const isBusy = useStore(sharing.isBusy);
  const { id, name, role, isYou, mayRemove, devices } = person;
  return (
    <li className={styles["person"]}>
      <div className={styles["row"]}>
        <span className={styles["name"]}>
          {name}
          {isYou && <span className={styles["faint"]}> (you)</span>}
        </span>
        {isOwner ? (
          <Choice
            bare
            label={`Role of ${name}`}
            value={role}
            choices={roleChoices}
            isDisabled={isBusy}
            onChange={(chosen) => {
              if (chosen !== role) void sharing.change({ call: "role", member: id, role: chosen });
            }}
          />
        ) : (
          <span className={styles["faint"]}>{roleName(role)}</span>
        )}
        {mayRemove && (
          <ConfirmButton
            label={isYou ? "Leave this workspace" : `Remove ${name}`}
            question={
              isYou
                ? "You will not be able to come back without a new invite. What is on this device stays on it."
                : `${name} will not be able to read or write here any more, on any device. What is on these devices stays there.`
            }
            isPending={isBusy}
            onConfirm={() => void sharing.change({ call: "remove", member: id })}
          >
            {isYou ? "Leave" : "Remove"}
          </ConfirmButton>
        )}
      </div>
      {devices.length > 0 && (
        <ul aria-label={`Devices of ${name}`} className={styles["devices"]}>
          {devices.map((device) => (
            <DeviceRow key={device.id} sharing={sharing} device={device} />
          ))}
        </ul>
      )}
    </li>
  );
}

function DeviceRow({ sharing, device }: { sharing: Sharing; device: ListedDevice }) {
  const isBusy = useStore(sharing.isBusy);
  const { id, name, sinceMs, isThis, mayRevoke } = device;
  return (
    <li className={styles["row"]}>
      <span className={styles["name"]}>
        {name}
        <span className={styles["faint"]}>
          {isThis ? " · this device" : ""} · since {shownDay(sinceMs)}
        </span>
      </span>
      {mayRevoke && (
        <ConfirmButton
          label={`Revoke ${name}`}
          question={`${name} will be shut out at once. What was not sent from it yet stays on it.`}
          isPending={isBusy}
          onConfirm={() => void sharing.change({ call: "revoke", device: id })}
        >
          Revoke
        </ConfirmButton>
      )}
    </li>
  );
}
