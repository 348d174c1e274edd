import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { checkedBlobs, keepHeader } from "../../keep.ts";
import { keepRoutes } from "../keep/routes.ts";
import { blobHandlers, checkBlobs } from "./check.ts";
import { NamedBlobs } from "./named.ts";
import { BlobFiles } from "./store.ts";

const vat = "2nGkVeQScJEXQtq9R22UrhThLdU9";
const notes = "4NMNnkMhL8jXrdJ9jamS58PAVdXu";
let folder: string;
let files: BlobFiles;
let named: NamedBlobs;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "deckle-blobs-"));
  files = new BlobFiles(folder);
  named = await NamedBlobs.open(join(folder, "named"), { isNewProfile: true });
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const hashOf = (text: string): string => createHash("sha256").update(text).digest("hex");

async function keep(text: string): Promise<string> {
  await files.keep(
    (async function* () {
      yield Buffer.from(text);
    })(),
  );
  return hashOf(text);
}

const name = (document: string, ...blobs: string[]): Promise<void> =>
  named.name(document, { blobs, place: null });

test("nothing is here and nothing is named", async () => {
  expect(await checkBlobs({ files, named })).toEqual({ blobs: 0, bytes: 0, damaged: 0, missing: [] });
});

test("what is damaged is found, counted, and missing in the documents that name it", async () => {
  const [whole, damaged] = [await keep("whole"), await keep("damaged")];
  await name(vat, whole, damaged);
  await name(notes, whole);
  expect(await checkBlobs({ files, named })).toEqual({ blobs: 2, bytes: 12, damaged: 0, missing: [] });
  await writeFile(join(folder, damaged.slice(0, 2), damaged), "dAmaged");
  const missing = [{ document: vat, blobs: 1 }];
  expect(await checkBlobs({ files, named })).toEqual({ blobs: 2, bytes: 5, damaged: 1, missing });
  // It was set aside: it stays missing until it comes from somewhere.
  expect(await checkBlobs({ files, named })).toEqual({ blobs: 1, bytes: 5, damaged: 0, missing });
  await keep("damaged");
  expect(await checkBlobs({ files, named })).toEqual({ blobs: 2, bytes: 12, damaged: 0, missing: [] });
});

test("what is named and never came is missing in each document that names it", async () => {
  await name(vat, hashOf("a"), hashOf("b"));
  await name(notes, hashOf("a"));
  expect((await checkBlobs({ files, named })).missing).toEqual([
    { document: vat, blobs: 2 },
    { document: notes, blobs: 1 },
  ]);
});

test("it is asked of /keep/blobs, and answered as the engine reads it", async () => {
  await name(vat, hashOf("a"));
  const answer = keepRoutes(blobHandlers({ check: () => checkBlobs({ files, named }) }));
  const answered = await answer(new Request("app://deckle/keep/blobs", { headers: { [keepHeader]: "1" } }));
  expect(checkedBlobs.parse(await answered?.json())).toEqual({
    blobs: 0,
    bytes: 0,
    damaged: 0,
    missing: [{ document: vat, blobs: 1 }],
  });
});
