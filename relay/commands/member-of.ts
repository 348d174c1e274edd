/** The member that an operand or a flag names: by the beginning of an id, or by a name that only one has. */
import type { Answered, People } from "./answers.ts";
import { meantBy } from "./short-ids.ts";

export function memberOf({ members }: People, word: string): Answered<People["members"][number]> {
  const live = members.filter(({ endedMs }) => endedMs === undefined);
  const byId = meantBy(live, word);
  const found = byId.length > 0 ? byId : live.filter(({ name }) => name === word);
  const [one, another] = found;
  if (one && !another) return { ok: true, value: one };
  const why = one ? "may be several members, write more of the id" : "is no member";
  return { ok: false, reason: `${JSON.stringify(word)} ${why}: \`deckle-relay members\` lists them` };
}
