/**
 * The CRDT's body asked piece by piece: for what the view does not know, and to check what it
 * claims, without rendering the whole document. Offsets count Automerge's units.
 */
export type Truth = {
  /** The text between two offsets, with U+FFFC for each marker. */
  text(from: number, to: number): string;
  readonly length: number;
  /** The marker at an offset, as `Automerge.spans` gives blocks; null where text is. */
  block(at: number): Record<string, unknown> | null;
};
