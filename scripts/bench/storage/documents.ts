/**
 * Documents as people leave them after much writing, made from a seed without the app: the same bytes each time. What
 * is written is what the app would write (`renderer/document`), the changes are as long as those of somebody who types.
 */
import { createHash } from "node:crypto";
import * as A from "@automerge/automerge/slim";
import {
  emptyDocument,
  firstBlock,
  runOperations,
  type DeckleDocument,
} from "../../../renderer/document/body.ts";
import { entriesOf, genesis, putEntry, type Workspace } from "../../../renderer/engine/workspace.ts";
import { randomFrom } from "../../../relay/store/harness.ts";
import { makeDocumentId } from "../../../relay/store/documentId.ts";

/** What typing at two or three keys a second comes to in the coalescing window, and a little more. */
export const keystrokesPerChange = 20;
const deletedPerChange = 2;

const vocabulary =
  "the of and to in that it was for on with as his they be at one have this from or had by word but what some we can out other were all there when up use your how said an each she which do their time if will way about many then them write would like so these her long make thing see him two has look more day could go come did number sound no most people my over know water than call first who may down side been now find any new work part take get place made live where after back little only round man year came show every good me give our under name very through just form sentence great think say help low line differ turn cause much mean before move right boy old too same tell does set three want air well also play small end put home read hand port large spell add even land here must big high such follow act why ask men change went light kind off need house picture try us again animal point mother world near build self earth father".split(
    " ",
  );

export interface Chunk {
  /** As automerge-repo keys it, after the document. */
  readonly kind: "snapshot" | "incremental";
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface Written {
  readonly id: string;
  readonly title: string;
  readonly createdAt: number;
  readonly chunks: readonly Chunk[];
}

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
export const chunk = (kind: Chunk["kind"], bytes: Uint8Array): Chunk => ({
  kind,
  name: sha256(bytes),
  bytes,
});

/** A UUID of version 4 that follows from a name. */
function idOf(name: string): string {
  const uuid = createHash("sha256").update(name).digest().subarray(0, 16);
  uuid.writeUInt8((uuid.readUInt8(6) & 0x0f) | 0x40, 6);
  uuid.writeUInt8((uuid.readUInt8(8) & 0x3f) | 0x80, 8);
  return makeDocumentId(uuid);
}

const actorOf = (name: string): string => sha256(Buffer.from(name)).slice(0, 32);

/** One person's document, typed a change at a time. */
export class Typist {
  readonly id: string;
  readonly title: string;
  doc: A.Doc<DeckleDocument>;
  readonly #random: () => number;
  #length: number;

  constructor(name: string, seed: number) {
    this.id = idOf(name);
    this.title = name;
    this.#random = randomFrom(seed);
    this.doc = A.change(A.init<DeckleDocument>({ actor: actorOf(name) }), { time: 0 }, (draft) => {
      Object.assign(draft, emptyDocument(name));
    });
    this.doc = A.change(this.doc, { time: 0 }, (draft) => runOperations(draft, [firstBlock]));
    this.#length = 1;
  }

  /** A change of so many keystrokes: mostly at the end, now and then in the middle; some are Backspace. */
  type(keystrokes = keystrokesPerChange): void {
    const random = this.#random;
    const deleted = this.#length > keystrokes * 2 && keystrokes > deletedPerChange ? deletedPerChange : 0;
    let text = "";
    while (text.length < keystrokes - deleted)
      text += `${vocabulary[Math.floor(random() * vocabulary.length)] ?? "word"} `;
    text = text.slice(0, keystrokes - deleted);
    const at = random() < 0.2 ? Math.max(1 + deleted, Math.floor(random() * this.#length)) : this.#length;
    const splice = { type: "splice", at: at - deleted, deleteCount: deleted, text } as const;
    this.doc = A.change(this.doc, { time: 0 }, (draft) => runOperations(draft, [splice]));
    this.#length += text.length - deleted;
  }

  /** A disk holds a snapshot of most of it, and what was typed since in chunks of `changesPerChunk`. */
  written(changes: number, sinceSnapshot: number, changesPerChunk: number): Written {
    const chunks: Chunk[] = [];
    let keptHeads: A.Heads = [];
    for (let made = 1; made <= changes; made++) {
      this.type();
      if (made === changes - sinceSnapshot) {
        chunks.push(chunk("snapshot", A.save(this.doc)));
        keptHeads = A.getHeads(this.doc);
      } else if (made > changes - sinceSnapshot && (changes - made) % changesPerChunk === 0) {
        chunks.push(chunk("incremental", A.saveSince(this.doc, keptHeads)));
        keptHeads = A.getHeads(this.doc);
      }
    }
    return { id: this.id, title: this.title, createdAt: createdAtOf(this.title), chunks };
  }

  free(): void {
    A.free(this.doc);
  }
}

/** Some day of 2025, the same for a name each time. */
const createdAtOf = (name: string): number =>
  Date.UTC(2025, 0, 1) + (Number.parseInt(actorOf(name).slice(0, 8), 16) % 365) * 86_400_000;

export const entryOf = (id: string, title: string): Pick<Written, "id" | "title" | "createdAt"> => ({
  id,
  title,
  createdAt: createdAtOf(title),
});

/** A workspace's list that names these, as it comes after its genesis. */
export function listOf(documents: readonly Pick<Written, "id" | "title" | "createdAt">[]): A.Doc<Workspace> {
  const empty = A.loadIncremental(A.init<Workspace>({ actor: actorOf("list") }), genesis());
  const list = A.change(empty, { time: 0 }, (draft) => {
    for (const { id, title, createdAt } of documents) putEntry(draft, { document: id, title, createdAt });
  });
  if (entriesOf(list).length !== documents.length) throw new Error("two documents have one id");
  return list;
}
