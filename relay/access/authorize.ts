/**
 * Who may do what: asked for every frame in and before every frame out. The one place where roles will be decided.
 *
 * Only the open mode exists yet: every session may do everything, which is why the relay serves it on loopback only.
 * Devices, tickets and roles fill `Session` and this function without touching a caller. Unknown and forbidden must
 * look alike to whoever asks.
 */

export type Action = "read" | "write" | "present";

/** What a socket has proved about itself. It belongs to the socket; nothing a client claims in a frame changes it. */
export interface Session {
  readonly mode: "open";
}

export const openSession: Session = { mode: "open" };

export function authorize(session: Session, _documentId: string, _action: Action): boolean {
  return session.mode === "open";
}
