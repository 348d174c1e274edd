/**
 * The process that runs Automerge for the relay: one job at a time, from its parent, until that is gone. What it is
 * given may be hostile; its parent kills it when it takes too long or too much memory.
 */
import { writeFileSync } from "node:fs";
import * as A from "@automerge/automerge";
import { concat } from "../protocol/cbor.ts";
import { packBody, readBody } from "../sync/segment.ts";
import { jobSchema, type Answer, type Job } from "./messages.ts";

try {
  // Where memory runs out on the whole machine, this process goes first and not the relay.
  writeFileSync("/proc/self/oom_score_adj", "1000");
} catch {
  // Not Linux.
}

function work(job: Job): Answer {
  if (job.type === "changes") {
    const doc = A.load(job.document);
    return { type: "changes", ...packBody(A.getAllChanges(doc)) };
  }
  const chunks: Uint8Array[] = [];
  if (!readBody(job.body, job.count, (chunk) => void chunks.push(chunk)))
    return { type: "failed", reason: "not a list of changes" };
  const doc = A.loadIncremental(A.init(), concat(chunks));
  if (!isAt(doc, job.heads)) return { type: "failed", reason: "the changes lead to other heads" };
  const document = A.save(doc);
  A.free(doc);
  // A document that Automerge saves and does not load again has been seen (PEERS.md).
  const again = A.load(document);
  return isAt(again, job.heads)
    ? { type: "document", document }
    : { type: "failed", reason: "the saved document has other heads" };
}

const isAt = (doc: A.Doc<unknown>, heads: readonly string[]): boolean =>
  A.getHeads(doc).sort().join() === [...heads].sort().join();

process.on("message", (message) => {
  let answer: Answer;
  try {
    answer = work(jobSchema.parse(message));
  } catch (error) {
    answer = { type: "failed", reason: error instanceof Error ? error.message : String(error) };
  }
  process.send?.(answer);
});
process.on("disconnect", () => process.exit(0));
