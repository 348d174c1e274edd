/**
 * The link of an invite: `deckle://join?relay=…&workspace=…&role=…&name=…#SECRET`.
 *
 * What stands before the # is for the person who is asked whether to join, before anything connects: the relay's word
 * counts, and joining fails where it is another. The secret is 128 bits, base64url; the relay keeps only its SHA-256,
 * which is the invite's id.
 */
import { isDocumentId } from "./ids.ts";
import { inviteLinkCharsMax } from "./limits.ts";
import { roles, type Role } from "./roles.ts";

export interface InviteLink {
  /** Where apps connect, `wss://relay.example.org/sync`. */
  readonly relay: string;
  /** Its document id. */
  readonly workspace: string;
  readonly role: Role;
  /** Of the workspace, as its members know it. */
  readonly name: string;
  readonly secret: string;
}

const head = "deckle://join?";
/** 16 bytes. */
const secretPattern = /^[A-Za-z0-9_-]{22}$/;

export function inviteLink({ relay, workspace, role, name, secret }: InviteLink): string {
  const facts = { relay, workspace, role, name };
  const words = Object.entries(facts).map(([key, value]) => `${key}=${encodeURIComponent(value)}`);
  return `${head}${words.join("&")}#${secret}`;
}

/** Undefined is no link of an invite. Whether its relay is an address that can be used is not looked at. */
export function parseInviteLink(text: string): InviteLink | undefined {
  const trimmed = text.trim();
  if (trimmed.length > inviteLinkCharsMax || !trimmed.startsWith(head)) return undefined;
  const [query = "", secret = "", ...rest] = trimmed.slice(head.length).split("#");
  const facts = new Map<string, string>();
  for (const word of query.split("&")) {
    const [key = "", value = ""] = word.split("=");
    const decoded = decode(value);
    if (decoded === undefined || facts.has(key)) return undefined;
    facts.set(key, decoded);
  }
  const { relay, workspace, name } = {
    relay: facts.get("relay"),
    workspace: facts.get("workspace"),
    name: facts.get("name") ?? "",
  };
  const role = roles.find((each) => each === facts.get("role"));
  const isWhole = rest.length === 0 && secretPattern.test(secret) && isDocumentId(workspace);
  return isWhole && relay !== undefined && role ? { relay, workspace, role, name, secret } : undefined;
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return undefined;
  }
}
