/**
 * The CRDT's body asked piece by piece: for what the view does not know, and to check what it
 * claims, without rendering the whole document. Offsets count Automerge's units.
 */
export type Truth = {
  readonly length: number;
  /** The marker at an offset, as `Automerge.spans` gives blocks; null where text is. */
  block(at: number): Record<string, unknown> | null;
  /**
   * Whether the body holds `text` at an offset, U+FFFC for each marker. Samples of it are compared
   * (`samplesMax`), short texts whole: reading a text costs the length of the body.
   */
  agrees(at: number, text: string): boolean;
};
