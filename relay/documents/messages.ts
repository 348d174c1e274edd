/** What the relay and the process that runs Automerge say to each other; parsed at both ends. */
import { z } from "zod";

const bytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array);
const count = z.number().int().nonnegative();

export const jobSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("save"), count, body: bytes, heads: z.array(z.string()) }),
  z.object({ type: z.literal("changes"), document: bytes }),
]);
export type Job = z.infer<typeof jobSchema>;

export const answerSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("document"), document: bytes }),
  z.object({ type: z.literal("changes"), count, body: bytes }),
  z.object({ type: z.literal("failed"), reason: z.string() }),
]);
export type Answer = z.infer<typeof answerSchema>;
