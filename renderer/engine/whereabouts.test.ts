import { expect, test } from "vitest";
import { FakeClock } from "./fake-clock.ts";
import { FakeCopy, FakeDisk } from "./fake-places.ts";
import type { DocumentStatus } from "./port.ts";
import { Storage } from "./storage.ts";
import { checkStorage, where } from "./whereabouts.ts";

const vat = "2nGkVeQScJEXQtq9R22UrhThLdU9";
const list = "4NMNnkMhL8jXrdJ9jamS58PAVdXu";
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

async function stand() {
  const [disk, copy] = [new FakeDisk(), new FakeCopy()];
  const storage = new Storage({ disk, copy, clock: new FakeClock(), random: () => 1 });
  for (const document of [vat, list]) {
    await storage.save([document, "incremental", "i1"], bytes(document));
    await storage.copied(document);
  }
  const check = () =>
    checkStorage({ storage, titles: new Map([[vat, "The vat"]]), lists: [list], persisted: true });
  return { storage, disk, copy, check };
}

test("the library's own lists are read, and are no documents to whoever reads the report", async () => {
  const { disk, copy, check } = await stand();
  expect(await check()).toMatchObject({ documents: 1, chunks: 2, damaged: [] });
  const stored = disk.stored([list, "incremental", "i1"]);
  stored.binary[0] = (stored.binary[0] ?? 0) ^ 1;
  copy.files.clear();
  expect((await check()).damaged).toEqual([{ document: list, title: "The library's list", healed: false }]);
});

test("images and files are reported with the titles of the documents that lack some", async () => {
  const { copy, check } = await stand();
  copy.blobs = {
    blobs: 3,
    bytes: 40,
    damaged: 1,
    missing: [
      { document: vat, blobs: 2 },
      { document: "elsewhere", blobs: 1 },
    ],
  };
  expect((await check()).blobs).toEqual({
    blobs: 3,
    bytes: 40,
    damaged: 1,
    missing: [
      { document: vat, title: "The vat", blobs: 2 },
      { document: "elsewhere", title: null, blobs: 1 },
    ],
  });
});

test("that images and files could not be checked is said with the reason, and the rest is reported", async () => {
  const { copy, check } = await stand();
  copy.checkBlobs = () => Promise.reject(new Error("no answer"));
  const report = await check();
  expect(report.blobs).toEqual({ failure: "no answer" });
  expect(report.copy).toMatchObject({ documents: 2 });
});

test("what an open document says of its second copy is said of it in the library too", async () => {
  const { storage } = await stand();
  const status = { here: { state: "saved" }, unsent: null } as DocumentStatus;
  const entries = [{ document: vat, title: "The vat", createdAt: 1 }];
  const parts = {
    storage,
    ledger: { receipt: () => undefined, here: () => undefined },
    hasRelay: false,
  };
  const copyOf = (open: DocumentStatus | undefined) =>
    where({ ...parts, statusOf: () => open }, entries).map((each) => each.copy);
  // It was made here and never read, so it was not compared.
  expect(copyOf(undefined)).toEqual(["unknown"]);
  expect(copyOf(status)).toEqual(["kept"]);
  await storage.chunks(vat);
  expect(copyOf(undefined)).toEqual(["kept"]);
});
