/**
 * Who may do what: asked for every frame in and before every frame out. The one place where roles are decided.
 *
 * A session belongs to a socket and to one workspace: documents of another are not refused, they are not there. What
 * a member may do is looked up each time, so a role that was lowered counts from the next frame on. In the open mode
 * every session may do everything, which is why the relay serves it on loopback only unless it is told otherwise.
 */
import { listGenesisHash } from "../protocol/list-genesis.ts";
import { isAtLeast, type Role } from "../protocol/roles.ts";
import type { MemberSession } from "./member-session.ts";

export type Action = "read" | "write" | "present";

/** What a socket has proved about itself. It belongs to the socket; nothing a client claims in a frame changes it. */
export type Session = { readonly mode: "open" } | MemberSession;

export const openSession: Session = { mode: "open" };

/** A comments document takes comments, from whoever may comment. */
const needed: Readonly<Record<"document" | "comments", Readonly<Record<Action, Role>>>> = {
  document: { read: "viewer", present: "viewer", write: "editor" },
  comments: { read: "viewer", present: "viewer", write: "commenter" },
};

export function authorize(session: Session, documentId: string, action: Action): boolean {
  if (session.mode === "open") return true;
  const { share, isComments } = session.shareOf(documentId);
  return isAtLeast(share, needed[isComments ? "comments" : "document"][action]);
}

/** Of a change, in hex. */
export interface Brought {
  readonly actor: string;
  readonly hash: string;
}

/** Why a session may not bring a change into a document now; undefined where it may. */
export function refusalOf(
  session: Session,
  documentId: string,
  { actor, hash }: Brought,
): "read-only" | "foreign-actor" | undefined {
  if (session.mode === "open") return undefined;
  if (!authorize(session, documentId, "write")) return "read-only";
  // Each device makes it for itself, and it is nobody's. In another document it would be somebody's first change.
  const isNobodys = hash === listGenesisHash && documentId === session.workspace;
  return isNobodys || session.isAuthor(actor) || session.mayImport(documentId) ? undefined : "foreign-actor";
}
