/**
 * The second copy of everything, as the engine sees it: main keeps the same chunks in plain files, beside the
 * browser's storage and independent of it (`electron/keep.ts`). It may fail like any disk; then it says why.
 */
import { z } from "zod";
import {
  checkedBlobs,
  chunkName,
  keepFailure,
  keepHeader,
  keptChunks,
  keptDocuments,
  mirrors,
  verified,
} from "../../electron/keep.ts";
import type { BlobNames, CheckedBlobs, ChunkName, mirrored, ValueName } from "../../electron/keep.ts";
import type { DocumentId } from "./port.ts";

export type { ChunkName };
export type KeptChunk = z.infer<typeof keptChunks>["chunks"][number];
export type Verified = z.infer<typeof verified>;
export type Mirrored = z.infer<typeof mirrored>;

/** Everything rejects with an `Error` whose message is the reason, in words for a person. */
export interface Copy {
  documents(): Promise<DocumentId[]>;
  /** The whole chunks that it has of a document. */
  chunks(document: DocumentId): Promise<KeptChunk[]>;
  /** Null where it has none of this name. */
  read(document: DocumentId, chunk: ChunkName): Promise<Uint8Array | null>;
  /** Resolves when it is on the disk. */
  keep(document: DocumentId, chunk: ChunkName, bytes: Uint8Array): Promise<void>;
  remove(document: DocumentId, chunks: readonly ChunkName[]): Promise<void>;
  /** JSON, or null where there is none. */
  value(name: ValueName): Promise<unknown>;
  setValue(name: ValueName, value: unknown): Promise<void>;
  verify(): Promise<Verified>;
  /** Reads all images and files. */
  checkBlobs(): Promise<CheckedBlobs>;
  /** What a backup has of a document; null where it has nothing. */
  backup(backup: string, document: DocumentId): Promise<Uint8Array | null>;
  /** The blobs that a document names, SHA-256 in hex: they are never collected, and go to the relay of its place. */
  named(document: DocumentId, names: BlobNames): Promise<void>;
  mirror(document: DocumentId, text: Mirrored): Promise<void>;
  /** Heads by document, as the readable copy has them; null where none is kept. */
  mirrors(): Promise<Readonly<Record<DocumentId, readonly string[]>> | null>;
}

export class KeptByMain implements Copy {
  private readonly fetch: typeof fetch;

  /** @param fetched the worker's own `fetch` */
  constructor(fetched: typeof fetch) {
    this.fetch = fetched;
  }

  async documents(): Promise<DocumentId[]> {
    return keptDocuments.parse(await this.json("documents")).documents;
  }

  async chunks(document: DocumentId): Promise<KeptChunk[]> {
    return keptChunks.parse(await this.json(`chunks/${document}`)).chunks;
  }

  read(document: DocumentId, { kind, name }: ChunkName): Promise<Uint8Array | null> {
    return this.bytes(`chunk/${document}/${kind}/${name}`);
  }

  async keep(document: DocumentId, { kind, name }: ChunkName, bytes: Uint8Array): Promise<void> {
    await this.ask(`chunk/${document}/${kind}/${name}`, bytes.slice());
  }

  async remove(document: DocumentId, chunks: readonly ChunkName[]): Promise<void> {
    await this.ask(`remove/${document}`, JSON.stringify(z.array(chunkName).parse(chunks)));
  }

  async value(name: ValueName): Promise<unknown> {
    const answer = await this.ask(`value/${name}`, undefined, true);
    return answer.status === 404 ? null : answer.json();
  }

  async setValue(name: ValueName, value: unknown): Promise<void> {
    await this.ask(`value/${name}`, JSON.stringify(value));
  }

  async verify(): Promise<Verified> {
    return verified.parse(await this.json("verify"));
  }

  async checkBlobs(): Promise<CheckedBlobs> {
    return checkedBlobs.parse(await this.json("blobs"));
  }

  backup(backup: string, document: DocumentId): Promise<Uint8Array | null> {
    return this.bytes(`backup/${encodeURIComponent(backup)}/${document}`);
  }

  async named(document: DocumentId, names: BlobNames): Promise<void> {
    await this.ask(`named/${document}`, JSON.stringify(names));
  }

  async mirror(document: DocumentId, text: Mirrored): Promise<void> {
    await this.ask(`mirror/${document}`, JSON.stringify(text));
  }

  async mirrors(): Promise<Readonly<Record<DocumentId, readonly string[]>> | null> {
    const answer = await this.ask("mirror");
    return answer.status === 404 ? null : mirrors.parse(await answer.json()).documents;
  }

  private async bytes(path: string): Promise<Uint8Array | null> {
    const answer = await this.ask(path, undefined, true);
    return answer.status === 404 ? null : new Uint8Array(await answer.arrayBuffer());
  }

  private async json(path: string): Promise<unknown> {
    return (await this.ask(path)).json();
  }

  /** GET, or POST where there is a body. @param mayLack whether 404 is an answer */
  private async ask(
    path: string,
    body?: string | Uint8Array<ArrayBuffer>,
    mayLack = false,
  ): Promise<Response> {
    const { fetch: asked } = this;
    const answer = await asked(`/keep/${path}`, {
      headers: { [keepHeader]: "1" },
      ...(body !== undefined && { method: "POST", body }),
    }).catch(() => {
      throw new Error("Deckle's main process does not answer");
    });
    if (answer.ok || (mayLack && answer.status === 404)) return answer;
    const failure = keepFailure.safeParse(await answer.json().catch(() => null));
    throw new Error(failure.success ? failure.data.reason : `the second copy answered ${answer.status}`);
  }
}
