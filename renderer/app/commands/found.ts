/** The commands that somebody may mean, the likeliest first. */
import { commandTable, groupLabels } from "../../../electron/commands/table.ts";
import type { CommandId } from "../../../electron/commands/table.ts";
import { score } from "./matching.ts";

/** A name counts more than the other words that it goes by, and those more than the menu that it is in. */
export function foundCommands(typed: string, among: readonly CommandId[]): readonly CommandId[] {
  if (typed.trim() === "") return among;
  const scored = among.flatMap((id) => {
    const { label, words = "", group } = commandTable[id];
    const byName = score(typed, label);
    const byWords = isPart(typed, words) ? 400 : null;
    const byGroup = isPart(typed, groupLabels[group]) ? 0 : null;
    const scores = [byName, byWords, byGroup].filter((each) => each !== null);
    return scores.length === 0 ? [] : [{ id, score: Math.max(...scores) }];
  });
  return scored.toSorted((a, b) => b.score - a.score).map(({ id }) => id);
}

/** Of words that are not seen only what begins one counts: letters anywhere would be found by accident. */
const isPart = (typed: string, words: string): boolean =>
  words
    .toLowerCase()
    .split(" ")
    .some((word) => word.startsWith(typed.trim().toLowerCase()));
