/** Roles and what is left of them in one document, in words. */
import type { Joined, People } from "../../../electron/ipc.ts";

export type Role = Joined["role"];
export type Share = People["narrowings"][number]["share"];

/** Each role may do all that those before it may. */
const words: Readonly<Record<Role, { name: string; may: string }>> = {
  viewer: { name: "Viewer", may: "read" },
  commenter: { name: "Commenter", may: "read and comment" },
  editor: { name: "Editor", may: "read and write" },
  owner: { name: "Owner", may: "read and write, and decide who else may" },
};
export const roles = Object.keys(words) as readonly Role[];

const shareNames: Readonly<Record<Share, string>> = {
  editor: "As elsewhere",
  commenter: "Read and comment only",
  viewer: "Read only",
  none: "Hidden",
};

export const roleName = (role: Role): string => words[role].name;
/** "read and write", after "may" or "be able to". */
export const whatMay = (role: Role): string => words[role].may;

/** The roles that somebody of this role may give to others, the least first. */
export function rolesToGive(own: Role): readonly Role[] {
  const index = roles.indexOf(own);
  return index < roles.indexOf("editor") ? [] : roles.slice(0, index + 1);
}

/** What a document may be narrowed to; "" is not at all. */
export const narrowingChoices: readonly { value: Share | ""; label: string }[] = [
  { value: "", label: shareNames.editor },
  { value: "commenter", label: shareNames.commenter },
  { value: "viewer", label: shareNames.viewer },
  { value: "none", label: shareNames.none },
];
export const shareName = (share: Share): string => shareNames[share];
