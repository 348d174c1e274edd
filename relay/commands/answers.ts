/** What a running relay answers about its store, parsed: it may be of another version than this command. */
import { z } from "zod";
import { roles } from "../protocol/roles.ts";
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

const named = z.object({ id: z.string(), name: z.string() });
export const listedWorkspace = z.object({
  id: z.string().exactOptional(),
  file: z.string(),
  isDefault: z.boolean(),
  name: z.string(),
  members: z.number(),
  owners: z.number(),
  problem: z.string().exactOptional(),
});
export const listed = z.object({
  addresses: z.array(z.string()),
  isOpenMode: z.boolean(),
  workspaces: z.array(listedWorkspace),
});
export const people = z.object({
  members: z.array(
    named.extend({ role: z.enum(roles), sinceMs: z.number(), endedMs: z.number().exactOptional() }),
  ),
  devices: z.array(
    named.extend({ member: z.string(), sinceMs: z.number(), endedMs: z.number().exactOptional() }),
  ),
  invites: z.array(
    z.object({
      id: z.string(),
      role: z.enum(roles),
      member: z.string().exactOptional(),
      by: z.string(),
      usesLeft: z.number(),
      expiresMs: z.number(),
    }),
  ),
});
export type People = z.infer<typeof people>;
export const auditEntry = z.object({
  number: z.number(),
  atMs: z.number(),
  what: z.string(),
  who: z.string(),
  device: z.string().exactOptional(),
  member: z.string().exactOptional(),
  invite: z.string().exactOptional(),
  documentId: z.string().exactOptional(),
  role: z.string().exactOptional(),
  share: z.string().exactOptional(),
  reason: z.string().exactOptional(),
});
export const auditPage = z.object({ entries: z.array(auditEntry), last: z.number().exactOptional() });
export const done = z.union([
  z.object({ ok: z.literal(true) }),
  z.object({ ok: z.literal(false), refusal: z.string() }),
]);

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
