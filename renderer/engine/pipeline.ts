/**
 * The way of a document's words, as one state machine: accepted by the engine → written to the CRDT → durable on this
 * disk → in the second copy → on the relay → on other devices. It holds facts (heads, and who said what of them), and
 * every claim follows from them; no timer moves it.
 */
import type { CopyState, DocumentStatus, Withheld } from "./port.ts";

export type Heads = readonly string[];

/** What is known of a document now. */
export type PipelineFacts = {
  /** Something accepted is not in the CRDT yet. */
  hasUnwritten: boolean;
  /** Why the last writing to the CRDT failed; null where it did not. */
  writeFailure: string | null;
  heads: Heads;
  /** The heads of the last finished durable write; null before there was one. */
  durable: Heads | null;
  saveFailure: string | null;
  copy: CopyState;
  /** What is durable here may be gone after the next start, unless the copy has it (`Storage.isDoubtful`). */
  isDoubtful: boolean;
  damaged: boolean;
  /** Changes beyond what the relay said that it holds; null where there is no relay. */
  unsent: number | null;
  withheld: Withheld | null;
  /** Other devices whose claim covers `heads`. */
  seenBy: number;
};

/**
 * How far all of it has come; each stage includes those before it. Durable is what both places have, and where the copy
 * refuses, what the browser's storage has as long as nothing casts doubt on it.
 */
export type Stage = "accepted" | "written" | "durable" | "on-relay" | "on-others";

export const sameHeads = (a: Heads | null, b: Heads): boolean =>
  a !== null && a.length === b.length && a.every((head) => b.includes(head));

export function stageOf(facts: PipelineFacts): Stage {
  if (facts.hasUnwritten) return "accepted";
  if (facts.saveFailure !== null || !sameHeads(facts.durable, facts.heads)) return "written";
  if (facts.copy.state === "keeping" || doubt(facts) !== null) return "written";
  if (facts.unsent === null || facts.unsent > 0) return "durable";
  return facts.seenBy > 0 ? "on-others" : "on-relay";
}

/** Why it is not safe where it is: the copy refuses, and the browser's storage has refused before. */
const doubt = ({ copy, isDoubtful }: PipelineFacts): string | null =>
  isDoubtful && copy.state === "failed" ? copy.reason : null;

export function statusOf(facts: PipelineFacts): DocumentStatus {
  const failure = facts.writeFailure ?? facts.saveFailure ?? doubt(facts);
  const stage = stageOf(facts);
  const isDurable = stage !== "accepted" && stage !== "written";
  return {
    here: failure !== null ? { state: "failed", reason: failure } : { state: isDurable ? "saved" : "saving" },
    // What is not written yet is not in the copy either; where the disk refuses, the copy has it all the same.
    copy: facts.hasUnwritten && facts.copy.state === "kept" ? { state: "keeping" } : facts.copy,
    unsent: facts.unsent === null ? null : facts.unsent + (facts.hasUnwritten ? 1 : 0),
    withheld: facts.unsent === 0 && !facts.hasUnwritten ? null : facts.withheld,
    seenBy: facts.unsent === null ? null : facts.hasUnwritten ? 0 : facts.seenBy,
    damaged: facts.damaged,
  };
}
