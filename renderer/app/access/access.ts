/** What this device may do where it is, and the words where that is less than writing. Pure. */
import type { Place } from "../../../electron/ipc.ts";
import type { Access } from "../../engine/port.ts";
import type { Role } from "./role-words.ts";

/** Until the relay has been asked, what it said last counts. */
export const accessOf = (place: Place): Access =>
  place.kind === "workspace" ? { kind: "member", role: place.role } : { kind: "free" };

/**
 * Why nothing can be written, as a tip; null where it can. A device that was shut out goes on writing on its own disk,
 * as one that is offline does.
 */
export function readOnlyWords(access: Access): string | null {
  if (access.kind === "free") return null;
  const turn = "Turn to your private workspace to write your own.";
  if (access.role === "viewer") return `You can read in this workspace. ${turn}`;
  if (access.role === "commenter") return `You can read and comment here. ${turn}`;
  return null;
}

export const mayWriteAs = (role: Role): boolean => readOnlyWords({ kind: "member", role }) === null;
