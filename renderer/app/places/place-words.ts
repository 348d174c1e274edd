/** The places that this profile can be in, as the person chooses between them. Pure. */
import type { Configuration, Place } from "../../../electron/ipc.ts";
import { roleName } from "../access/role-words.ts";

export type PlaceChoice = {
  /** What main turns to: `private`, `open`, or the workspace's document id. */
  id: string;
  name: string;
  detail: string;
  isCurrent: boolean;
};

/** The host of a relay, as people know it; its whole address where it is none that can be read. */
export const hostOf = (relay: string): string => URL.parse(relay)?.host || relay;

export function placeName(place: Place): string {
  switch (place.kind) {
    case "private":
      return "Private";
    case "open":
      return "Open relay";
    case "workspace":
      return workspaceName(place);
  }
}

export const workspaceName = ({ name, relay }: { name: string; relay: string }): string =>
  name.trim() || `Workspace on ${hostOf(relay)}`;

export const placeId = (place: Place): string => (place.kind === "workspace" ? place.workspace : place.kind);

/** Where a place's documents are shared; null where they are not. */
export const relayOf = (place: Place): string | null => (place.kind === "private" ? null : place.relay);

export function placeChoices({ place, workspaces, openRelay }: Configuration): PlaceChoice[] {
  const current = placeId(place);
  const choices: Omit<PlaceChoice, "isCurrent">[] = [
    { id: "private", name: "Private workspace", detail: "Only on this device" },
    ...workspaces.map((joined) => ({
      id: joined.workspace,
      name: workspaceName(joined),
      detail: `${hostOf(joined.relay)} · ${roleName(joined.role)}`,
    })),
  ];
  if (openRelay !== null) choices.push({ id: "open", name: "Open relay", detail: hostOf(openRelay) });
  return choices.map((choice) => ({ ...choice, isCurrent: choice.id === current }));
}
