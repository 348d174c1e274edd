/** A full disk: commits are refused in words, readers go on, and after space is back nothing has to be started again. */
import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { makeDocumentId } from "./documentId.ts";
import { Author, randomFrom, temporaryFolder } from "./harness.ts";
import { ThreadedStore } from "./threaded.ts";
import { verifyFile } from "./verify.ts";

/** Only root may mount, and only Linux has this one. */
const canMount = process.platform === "linux" && process.getuid?.() === 0;

test.skipIf(!canMount)("a disk that is full, twice, on a file system of 3 MB", async () => {
  using folder = temporaryFolder();
  const disk = join(folder.path, "disk");
  mkdirSync(disk);
  const mount = (...options: string[]): void =>
    void execFileSync("mount", ["-t", "tmpfs", "-o", options.join(","), "tmpfs", disk]);
  mount("size=3m");
  try {
    const file = join(disk, "relay.sqlite");
    const store = await ThreadedStore.open(file);
    const one = new Author(makeDocumentId(), randomFrom(4));
    for (const megabytes of [3, 7]) {
      if (megabytes > 3) mount("remount", `size=${megabytes}m`);
      let refused = 0;
      const reasons = new Set<string>();
      for (let tries = 0; tries < 400 && refused < 5; tries++) {
        const batch = one.batch(4, 8_000);
        const committed = await store.commit([batch]);
        if (committed.ok) continue;
        refused++;
        reasons.add(committed.reason);
        one.takeBack(batch);
      }
      expect([...reasons]).toEqual(["the disk is full"]);
      expect(refused).toBe(5);
      expect(await store.list(one.documentId, 0)).toMatchObject({ ok: true, next: one.log.length });
      expect(await store.read(one.documentId, [{ from: 0, to: one.log.length }])).toMatchObject({ ok: true });
      await store.keepSnapshot(one.documentId, {
        upTo: 1,
        heads: one.heads,
        bytes: new Uint8Array(9_000_000),
      });
      expect(await store.snapshot(one.documentId)).toBeUndefined();
      expect((await store.backup(join(disk, "copy.sqlite"))).ok).toBe(false);
      expect(store.isReady()).toBe(true);
    }
    mount("remount", "size=60m");
    for (let i = 0; i < 50; i++)
      expect(await store.commit([one.batch(4, 8_000)])).toMatchObject({ ok: true });
    expect(await store.backup(join(disk, "copy.sqlite"))).toEqual({ ok: true });
    await store.stop();
    expect(verifyFile(file)).toMatchObject({ faults: [], notes: [], changes: one.log.length });
  } finally {
    execFileSync("umount", [disk]);
  }
});
