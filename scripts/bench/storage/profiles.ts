/** Profiles and relays with much in them, written past the app: to type two million letters would take a week. */
import { rmSync } from "node:fs";
import * as A from "@automerge/automerge/slim";
import { startRelay, type RelayProcess } from "../../relay-process.ts";
import { parseChange, type Change } from "../../../relay/sync/chunk.ts";
import type { Batch } from "../../../relay/sync/ports.ts";
import { packStretch } from "../../../relay/sync/segment.ts";
import { nodeHashing } from "../../../relay/store/hashing.ts";
import { openStore } from "../../../relay/workspace-files.ts";
import { temporaryFolder } from "../../app-process.ts";
import { genesis, type Workspace } from "../../../renderer/engine/workspace.ts";
import { chunk, entryOf, listOf, Typist, type Written } from "./documents.ts";
import { benchPage, localList, putChunks, whenSaved } from "./page.ts";
import { RunningApp } from "./running-app.ts";

const batchesAtOnce = 500;

/** Runs with a folder of its own, which is gone afterwards. */
export async function inFolder<T>(run: (folder: string) => Promise<T>): Promise<T> {
  const folder = await temporaryFolder();
  try {
    return await run(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs with the app, which is closed afterwards. */
export async function inApp<T>(
  options: Parameters<typeof RunningApp.start>[0],
  run: (app: RunningApp) => Promise<T>,
): Promise<T> {
  const app = await RunningApp.start(options);
  let result: T;
  try {
    result = await run(app);
  } catch (error) {
    await app.close().catch(() => {});
    throw error;
  }
  await app.close();
  return result;
}

/** A new profile with these documents in its private list, as if they had been written in it. */
export async function makeProfile(dataDir: string, documents: readonly Written[]): Promise<void> {
  await inApp({ dataDir }, async ({ page }) => {
    await benchPage(page);
    await whenSaved(page);
    await putChunks(page, documents);
    const list = A.saveSince(listOf(documents), genesisHeads());
    await putChunks(page, [{ id: await localList(page), chunks: [chunk("incremental", list)] }]);
  });
}

const genesisHeads = (): A.Heads => A.getHeads(A.load<Workspace>(genesis()));

/** A relay's library of small documents; of some of them somebody else has written on. */
export class RelayLibrary {
  readonly folder: string;
  /** Of those that were written on. */
  readonly changed: string[] = [];
  readonly #changes = new Map<string, Batch>();

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** @param changed how many of them are written on when `writeOn` is called */
  static async make(folder: string, documents: number, changed: number): Promise<RelayLibrary> {
    const library = new RelayLibrary(folder);
    const store = openStore(folder);
    try {
      const entries: Pick<Written, "id" | "title" | "createdAt">[] = [];
      let batches: Batch[] = [];
      const commit = async (): Promise<void> => {
        await committed(store.commit(batches));
        batches = [];
      };
      const every = Math.floor(documents / changed);
      for (let i = 0; i < documents; i++) {
        const typist = new Typist(`Page ${i}`, i);
        typist.type();
        typist.type();
        batches.push(batchOf(typist.id, A.getAllChanges(typist.doc), A.getHeads(typist.doc), 0));
        entries.push(entryOf(typist.id, typist.title));
        if (i % every === 0 && library.changed.length < changed) library.#writeOn(typist);
        typist.free();
        if (batches.length === batchesAtOnce) await commit();
      }
      const list = listOf(entries);
      batches.push(batchOf(store.identity.workspace, A.getAllChanges(list), A.getHeads(list), 0));
      await commit();
    } finally {
      await store.stop();
    }
    return library;
  }

  #writeOn(typist: Typist): void {
    const before = A.getHeads(typist.doc);
    const first = A.getAllChanges(typist.doc).length;
    typist.type();
    const made = A.getChangesSince(typist.doc, before);
    this.#changes.set(typist.id, batchOf(typist.id, made, A.getHeads(typist.doc), first));
    this.changed.push(typist.id);
  }

  /** While the relay is stopped: a month of others' work. */
  async writeOn(): Promise<void> {
    const store = openStore(this.folder);
    try {
      await committed(store.commit([...this.#changes.values()]));
    } finally {
      await store.stop();
    }
  }

  serve(port = 0): Promise<RelayProcess> {
    return startRelay({ dataDir: this.folder, port });
  }
}

async function committed(commit: ReturnType<ReturnType<typeof openStore>["commit"]>): Promise<void> {
  const done = await commit;
  if (!done.ok) throw new Error(`the relay's store took nothing: ${done.reason}`);
  if (done.sequences.includes(undefined))
    throw new Error("the relay's store has other changes than were expected");
}

function batchOf(documentId: string, changes: readonly Uint8Array[], heads: A.Heads, first: number): Batch {
  const parsed = changes.map((bytes): Change => {
    const change = parseChange(bytes, nodeHashing);
    if (!change.ok) throw new Error(`Automerge made a change that the relay does not take: ${change.fault}`);
    return change.change;
  });
  return { documentId, first, heads: Buffer.from(heads.toSorted().join(""), "hex"), ...packStretch(parsed) };
}
