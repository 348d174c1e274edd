/**
 * Under which actor this engine writes: 8 bytes that say which device, and 8 random ones, new at every start.
 *
 * A relay takes live changes only from the device that their actor names, so that nobody can write in another's name.
 * The random half is why a restored backup, or a write that was lost, never leads to two changes of one sequence.
 * Without a key of the device its half is random too; such a history is brought to a relay by an import.
 */
import * as A from "@automerge/automerge/slim";
import { generateAutomergeUrl, parseAutomergeUrl } from "@automerge/automerge-repo/slim";
import type { DocHandle, Repo } from "@automerge/automerge-repo/slim";

const halfChars = 16;
const devicePattern = /^[0-9a-f]{16}$/;

export class Author {
  readonly actor: string;

  /** @param device 16 hex digits, or null where this device has no key */
  constructor(device: string | null, random: (count: number) => Uint8Array) {
    const half = (): string =>
      Array.from(random(halfChars / 2), (byte) => byte.toString(16).padStart(2, "0")).join("");
    const first = device !== null && devicePattern.test(device) ? device : half();
    this.actor = first + half();
  }

  /**
   * What is written to the document from now on is this device's. To be called before the first own change.
   * @returns the document as it was, which nobody needs once what is under way with it is done; null where it was signed
   */
  sign(handle: DocHandle<unknown>): A.Doc<unknown> | null {
    const before = handle.doc();
    if (A.getActorId(before) === this.actor) return null;
    handle.update((doc) => A.clone(doc, { actor: this.actor }));
    return before;
  }

  /** Makes a document in the repo, of which also the first change is this device's. */
  create<T extends Record<string, unknown>>(repo: Repo, initial: T): DocHandle<T> {
    const { documentId } = parseAutomergeUrl(generateAutomergeUrl());
    const bytes = A.save(A.from(initial, { actor: this.actor }));
    const handle = repo.import<T>(bytes, { docId: documentId });
    handle.doneLoading();
    this.sign(handle);
    return handle;
  }

  /** Makes a document of a saved one, with all of its history and another id. @throws where it does not load */
  adopt<T extends Record<string, unknown>>(repo: Repo, saved: Uint8Array): DocHandle<T> {
    const { documentId } = parseAutomergeUrl(generateAutomergeUrl());
    const handle = repo.import<T>(A.save(A.loadIncremental(A.init<T>(), saved)), { docId: documentId });
    handle.doneLoading();
    this.sign(handle);
    return handle;
  }

  /** Whether this device, at whatever start, wrote what has this actor. */
  wrote(actor: string): boolean {
    return actor.startsWith(this.actor.slice(0, halfChars));
  }

  /** Whether it wrote all of a document. */
  wroteAll(doc: A.Doc<unknown>): boolean {
    return A.getChangesMetaSince(doc, []).every(({ actor }) => this.wrote(actor));
  }
}
