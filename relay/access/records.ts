/**
 * Who may do what in one workspace, as it is kept: a row each for a member, a device, an invite, a document that is
 * narrowed and one that is imported into, one for the workspace itself and one while it recovers. Members and devices
 * are never taken away: who wrote a change long ago must stay known.
 */
import { z } from "zod";
import { isDocumentId } from "../protocol/ids.ts";
import { memberNameCharsMax } from "../protocol/limits.ts";
import { roles, shares } from "../protocol/roles.ts";
import type { Row } from "./ports.ts";

/** SHA-256, hex. */
export const hash = z.string().regex(/^[0-9a-f]{64}$/);
export const memberId = z.string().regex(/^[0-9a-f]{32}$/);
const timeMs = z.int().min(0);
/** Shown to people, so one line and no control characters. */
export const personName = z
  .string()
  .trim()
  .min(1)
  .max(memberNameCharsMax)
  .refine((name) => !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(name));

const member = z.object({
  id: memberId,
  name: personName,
  role: z.enum(roles),
  sinceMs: timeMs,
  /** Removed from the workspace. */
  endedMs: timeMs.optional(),
});
export type Member = Readonly<z.infer<typeof member>>;

const device = z.object({
  /** SHA-256 of the public key, hex. Its first 8 bytes begin the actors of all that it writes. */
  id: hash,
  /** Ed25519, hex. */
  publicKey: hash,
  member: memberId,
  name: personName,
  sinceMs: timeMs,
  /** Revoked. */
  endedMs: timeMs.optional(),
});
export type Device = Readonly<z.infer<typeof device>>;

/** Whoever runs the relay's machine, at its command line. */
export const operator = "operator";

const invite = z.object({
  /** SHA-256 of the secret, hex: the secret itself is only in the link. */
  id: hash,
  role: z.enum(roles),
  /** Adds a device to this member instead of a new member. */
  member: memberId.optional(),
  by: z.union([memberId, z.literal(operator)]),
  /** On which it was made: what a stolen device gave away ends with it. The operator has none. */
  device: hash.optional(),
  usesLeft: z.int().min(1),
  atMs: timeMs,
  expiresMs: timeMs,
});
export type Invite = Readonly<z.infer<typeof invite>>;

/** A document in which everybody but owners, or one member, may do less. */
const narrowing = z.object({
  documentId: z.string().refine(isDocumentId),
  member: memberId.optional(),
  share: z.enum(shares),
});
export type Narrowing = Readonly<z.infer<typeof narrowing>>;

/** A document into which a device may bring changes of whatever authors, for a while. */
const imported = z.object({
  documentId: z.string().refine(isDocumentId),
  device: hash,
  atMs: timeMs,
  expiresMs: timeMs,
});
export type Import = Readonly<z.infer<typeof imported>>;

const workspace = z.object({ id: z.string().refine(isDocumentId), name: personName });
export type Workspace = Readonly<z.infer<typeof workspace>>;

/** Until then whoever may write may bring changes of whatever authors anywhere: a backup was restored. */
const recovery = z.object({ untilMs: timeMs });
export type Recovery = Readonly<z.infer<typeof recovery>>;

export type AccessRecord =
  | { readonly kind: "member"; readonly value: Member }
  | { readonly kind: "device"; readonly value: Device }
  | { readonly kind: "invite"; readonly value: Invite }
  | { readonly kind: "narrowing"; readonly value: Narrowing }
  | { readonly kind: "import"; readonly value: Import }
  | { readonly kind: "workspace"; readonly value: Workspace }
  | { readonly kind: "recovery"; readonly value: Recovery };

export function keyOf({ kind, value }: AccessRecord): string {
  switch (kind) {
    case "narrowing":
      return `narrowing/${value.documentId}/${value.member ?? "all"}`;
    case "import":
      return `import/${value.documentId}/${value.device}`;
    case "recovery":
      return "recovery/all";
    default:
      return `${kind}/${value.id}`;
  }
}

/** Of the key of a narrowing. */
export function narrowedDocumentOf(key: string): string | undefined {
  const [kind, documentId] = key.split("/");
  return kind === "narrowing" ? documentId : undefined;
}

/** Whose standing the row under a key says something about. */
export type Concerned = "everybody" | "nobody" | { readonly device: string } | { readonly member: string };

export function concernedBy(key: string): Concerned {
  const [kind, id = "", of = "all"] = key.split("/");
  switch (kind) {
    case "device":
      return { device: id };
    case "member":
      return { member: id };
    case "narrowing":
      return of === "all" ? "everybody" : { member: of };
    case "invite":
    case "import":
    case "workspace":
    case "recovery":
      return "nobody";
    default:
      return "everybody";
  }
}

export const rowOf = (record: AccessRecord): Row => ({
  key: keyOf(record),
  value: JSON.stringify(record.value),
});

/** Undefined is a row that is none: it counts for nothing, so what it allowed is not allowed. */
export function readRow({ key, value }: Row): AccessRecord | undefined {
  const [kind] = key.split("/");
  const record = parse(kind ?? "", json(value));
  return record && keyOf(record) === key ? record : undefined;
}

function parse(kind: string, value: unknown): AccessRecord | undefined {
  switch (kind) {
    case "member": {
      const { data } = member.safeParse(value);
      return data && { kind, value: data };
    }
    case "device": {
      const { data } = device.safeParse(value);
      return data && { kind, value: data };
    }
    case "invite": {
      const { data } = invite.safeParse(value);
      return data && { kind, value: data };
    }
    case "narrowing": {
      const { data } = narrowing.safeParse(value);
      return data && { kind, value: data };
    }
    case "import": {
      const { data } = imported.safeParse(value);
      return data && { kind, value: data };
    }
    case "workspace": {
      const { data } = workspace.safeParse(value);
      return data && { kind, value: data };
    }
    case "recovery": {
      const { data } = recovery.safeParse(value);
      return data && { kind, value: data };
    }
    default:
      return undefined;
  }
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
