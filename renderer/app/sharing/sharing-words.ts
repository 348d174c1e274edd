/** The words of the panel about who is in a workspace. Pure. */
import { roleName } from "../access/role-words.ts";
import type { Role } from "../access/role-words.ts";
import type { ListedInvite } from "./arrange.ts";

export const dayMs = 24 * 3_600_000;

export const lastingChoices = [
  { value: "1", label: "1 day" },
  { value: "7", label: "7 days" },
  { value: "30", label: "30 days" },
] as const;
export const usesChoices = [
  { value: "1", label: "1 person" },
  { value: "5", label: "5 people" },
  { value: "25", label: "25 people" },
  { value: "100", label: "100 people" },
] as const;

const people = (count: number): string => (count === 1 ? "1 person" : `${count} people`);
const withArticle = (name: string): string => `${/^[aeiou]/i.test(name) ? "an" : "a"} ${name.toLowerCase()}`;
/** "an editor". */
export const asRole = (role: Role): string => withArticle(roleName(role));

const day = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });
const moment = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
export const shownDay = (atMs: number): string => day.format(atMs);
const shownMoment = (atMs: number): string => moment.format(atMs);

export function inviteWords(
  { role, usesLeft, expiresMs, for: whose }: ListedInvite,
  shown: (atMs: number) => string = shownMoment,
): string {
  const what = whose === null ? `${people(usesLeft)} as ${roleName(role)}` : `A device of ${whose}`;
  return `${what} · until ${shown(expiresMs)}`;
}

/** What a link that was just made does, for whoever is about to send it. */
export function linkWords(role: Role, uses: number, isDevice: boolean): string {
  if (isDevice)
    return "Open this link in Deckle on your other device. Whoever has it can join as you, once: send it to nobody.";
  const first = uses === 1 ? "The first who has" : `The first ${uses} people who have`;
  return `${first} this link can join as ${asRole(role)}. It is shown only now.`;
}

/** Why the list is not there. */
export const unknownWords = ({ code, message }: { code: string; message: string }): string =>
  code === "unreachable"
    ? "The relay cannot be reached; who is in this workspace is known only to it."
    : message;
