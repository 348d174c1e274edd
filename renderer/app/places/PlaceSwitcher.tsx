/** Where this profile is, and the way to elsewhere. */
import { ChevronsUpDown } from "lucide-react";
import { MenuButton } from "../../ui/MenuButton.tsx";
import type { Desk } from "../desk.ts";
import { useStore } from "../use-store.ts";
import { hostOf, placeChoices, placeId, placeName, relayOf } from "./place-words.ts";
import styles from "./PlaceSwitcher.module.css";

const join = "join";

export function PlaceSwitcher({ desk }: { desk: Desk }) {
  const configuration = useStore(desk.places.configuration);
  if (!configuration) return <div className={styles["row"]} />;
  const { place } = configuration;
  const name = placeName(place);
  const relay = relayOf(place);
  const current = placeId(place);
  return (
    <div className={styles["row"]}>
      <MenuButton
        wide
        label={`Workspace: ${name}`}
        tip={relay === null ? "Only on this device" : `${name} on ${hostOf(relay)}`}
        groups={[
          { label: "Workspaces", choices: placeChoices(configuration), current },
          { label: "More", choices: [{ id: join, name: "Join a workspace…" }] },
        ]}
        onChoose={(id) => {
          if (id === join) desk.dialog.set({ name: "join", link: "" });
          else if (id !== current) void desk.turnTo(id);
        }}
      >
        <span className={styles["name"]}>{name}</span>
        <ChevronsUpDown size={14} aria-hidden className={styles["sign"]} />
      </MenuButton>
    </div>
  );
}
