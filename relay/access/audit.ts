/** What is written down for ever: who did what, from which device, when. Never what a document says. */
import { z } from "zod";
import { roles, shares } from "../protocol/roles.ts";

/** `who` did it and from which `device`; the operator has none. */
const entry = z.object({
  atMs: z.int().min(0),
  what: z.enum([
    "invited",
    "invite-withdrawn",
    "joined",
    "device-added",
    "device-revoked",
    "member-removed",
    "role-changed",
    "narrowed",
    "renamed",
    "imported",
    "import-ended",
    "recovery-opened",
    "recovery-ended",
    "connected",
    "refused",
  ]),
  who: z.string(),
  device: z.string().exactOptional(),
  /** Whom or what it was done to: a member's, a device's, an invite's or a document's id. */
  member: z.string().exactOptional(),
  invite: z.string().exactOptional(),
  documentId: z.string().exactOptional(),
  role: z.enum(roles).exactOptional(),
  share: z.enum(shares).exactOptional(),
  reason: z.string().exactOptional(),
});
export type AuditEntry = Readonly<z.infer<typeof entry>>;

export function readAuditEntry(value: string): AuditEntry | undefined {
  try {
    return entry.safeParse(JSON.parse(value)).data;
  } catch {
    return undefined;
  }
}
