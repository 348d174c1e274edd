/** What a running relay answers about its store, parsed: it may be of another version than this command. */
import { z } from "zod";
import type { ControlAnswer } from "../server/control.ts";

export const outcome = z.union([
  z.object({ ok: z.literal(true) }),
  z.object({ ok: z.literal(false), reason: z.string() }),
]);
export const verified = z.object({
  documents: z.number(),
  changes: z.number(),
  faults: z.array(z.string()),
  notes: z.array(z.string()),
});
export const stats = z.object({
  documents: z.number(),
  changes: z.number(),
  bytes: z.number(),
  segments: z.number(),
  damaged: z.number(),
  fileBytes: z.number(),
  walBytes: z.number(),
  largest: z.array(z.object({ documentId: z.string(), changes: z.number(), bytes: z.number() })),
});

export type Answered<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly reason: string };

export function parseAnswer<Value>(answer: ControlAnswer, schema: z.ZodType<Value>): Answered<Value> {
  if (!answer.ok) return answer;
  const parsed = schema.safeParse(answer.result);
  return parsed.success
    ? { ok: true, value: parsed.data }
    : { ok: false, reason: "the relay's answer is not understood: is it of another version?" };
}
