import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { keptAtOnceMax, keptIndexesMax } from "../../policy/limits.ts";
import { nodeDisk, type DiskCalls } from "./disk-calls.ts";
import { KeptDocuments } from "./kept-documents.ts";

let folder: string;
beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), "deckle-copy-")), "copy");
});
afterEach(() => rm(join(folder, ".."), { recursive: true, force: true }));

const alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZ";
const documentAt = (i: number): string =>
  `Doc${[...String(i).padStart(6, "0")].map((digit) => alphabet[Number(digit)]).join("")}`.padEnd(24, "z");
const chunkAt = (i: number) => ({ kind: "incremental", name: `c${i}` }) as const;
const bytesAt = (i: number): Buffer => Buffer.from(`text ${i}`);

function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: as if`), { code });
}

/** Fails writes with this code while there is one, after having written half. */
function failingDisk(): { disk: DiskCalls; fail: (code: string | null) => void; open: () => number } {
  let failure: string | null = null;
  let open = 0;
  let most = 0;
  const disk: DiskCalls = {
    ...nodeDisk,
    open: async (...words: Parameters<typeof nodeDisk.open>) => {
      const handle = await nodeDisk.open(...words);
      most = Math.max(most, ++open);
      const close = handle.close.bind(handle);
      handle.close = async () => {
        open--;
        await close();
      };
      const write = handle.write.bind(handle) as (...args: unknown[]) => Promise<unknown>;
      Object.assign(handle, {
        write: async (bytes: Buffer, from: number, length: number, at: number) => {
          if (failure === null) return write(bytes, from, length, at);
          await write(bytes, from, Math.floor(length / 2), at);
          throw systemError(failure);
        },
      });
      return handle;
    },
  };
  return { disk, fail: (code) => (failure = code), open: () => most };
}

test("no folder yet is no document", async () => {
  const kept = new KeptDocuments(folder);
  expect(await kept.documents()).toEqual([]);
  expect(await kept.chunks(documentAt(1))).toEqual([]);
  expect(await kept.read(documentAt(1), chunkAt(1))).toBeNull();
  expect(await kept.verify()).toEqual({ documents: 0, chunks: 0, bytes: 0, damaged: [] });
  await kept.remove(documentAt(1), [chunkAt(1)]);
});

test("a hundred writes at once to one document keep their order, and share their way to the disk", async () => {
  let syncs = 0;
  const disk: DiskCalls = {
    ...nodeDisk,
    open: async (...words: Parameters<typeof nodeDisk.open>) => {
      const handle = await nodeDisk.open(...words);
      const datasync = handle.datasync.bind(handle);
      handle.datasync = async () => {
        syncs++;
        await datasync();
      };
      return handle;
    },
  };
  const kept = new KeptDocuments(folder, disk);
  await kept.keep(documentAt(1), chunkAt(1000), bytesAt(1000));
  await Promise.all(Array.from({ length: 100 }, (_, i) => kept.keep(documentAt(1), chunkAt(i), bytesAt(i))));
  expect(syncs).toBeLessThanOrEqual(2);
  const chunks = await new KeptDocuments(folder).chunks(documentAt(1));
  expect(chunks.map(({ name }) => name)).toEqual([
    "c1000",
    ...Array.from({ length: 100 }, (_, i) => `c${i}`),
  ]);
});

test("what is asked between writes sees those before it, and not those after", async () => {
  const kept = new KeptDocuments(folder);
  const outcomes = await Promise.all([
    kept.keep(documentAt(1), chunkAt(1), bytesAt(1)),
    kept.chunks(documentAt(1)),
    kept.keep(documentAt(1), chunkAt(2), bytesAt(2)),
    kept.remove(documentAt(1), [chunkAt(1)]),
    kept.keep(documentAt(1), chunkAt(3), bytesAt(3)),
    kept.chunks(documentAt(1)),
  ]);
  expect(outcomes[1].map(({ name }) => name)).toEqual(["c1"]);
  expect(outcomes[5].map(({ name }) => name)).toEqual(["c2", "c3"]);
});

test("a thousand documents at once: all are kept, with few files open", async () => {
  const { disk, open } = failingDisk();
  const kept = new KeptDocuments(folder, disk);
  const places = Array.from({ length: 1000 }, (_, i) => i);
  await Promise.all(places.map((i) => kept.keep(documentAt(i), chunkAt(i), bytesAt(i))));
  expect(open()).toBeLessThanOrEqual(keptAtOnceMax);
  expect(places.length).toBeGreaterThan(keptIndexesMax);
  const again = new KeptDocuments(folder);
  expect(await again.documents()).toHaveLength(1000);
  for (const i of [0, 1, 500, 999]) {
    expect(await again.read(documentAt(i), chunkAt(i))).toEqual(bytesAt(i));
    expect(await kept.read(documentAt(i), chunkAt(i))).toEqual(bytesAt(i));
  }
  expect(await again.verify()).toMatchObject({ documents: 1000, chunks: 1000, damaged: [] });
}, 120_000);

test.each(["ENOSPC", "EACCES", "EIO"])(
  "%s: it is said, nothing half-written is there, and it goes on when there is room",
  async (code) => {
    const { disk, fail } = failingDisk();
    const kept = new KeptDocuments(folder, disk);
    const document = documentAt(1);
    await kept.keep(document, chunkAt(1), bytesAt(1));
    fail(code);
    const attempts = await Promise.allSettled([
      kept.keep(document, chunkAt(2), bytesAt(2)),
      kept.keep(document, { kind: "snapshot", name: "s" }, bytesAt(3)),
    ]);
    expect(attempts.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect((await kept.chunks(document)).map(({ name }) => name)).toEqual(["c1"]);
    expect(await new KeptDocuments(folder).verify()).toMatchObject({ chunks: 1, damaged: [] });
    expect(await readdir(join(folder, document))).toEqual(["1.chunks"]);
    fail(null);
    await kept.keep(document, chunkAt(2), bytesAt(2));
    expect((await new KeptDocuments(folder).chunks(document)).map(({ name }) => name)).toEqual(["c1", "c2"]);
  },
);
