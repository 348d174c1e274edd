import { expect, it } from "vitest";
import type { Question } from "../../editor/connection.ts";
import { Restoring } from "./restoring.ts";
import type { RestoringParts } from "./restoring.ts";

const backup = { name: "2026-11-22", atMs: 2, documents: 1, bytes: 3 };
const backedUp = { document: "a", bytes: 3, title: "Notes" };

/** Main's half and the engine's, which write down what they are asked. */
function stand(instead: Partial<RestoringParts["bridge"]> = {}, unsaved: string | null = null) {
  const asked: (string | Question)[] = [];
  const restoring = new Restoring({
    bridge: {
      backups: () =>
        Promise.resolve({
          ok: true,
          folder: "/backups",
          backups: [{ ...backup, name: "old", atMs: 1 }, backup],
        }),
      backupDocuments: () => Promise.resolve({ ok: true, documents: [backedUp] }),
      backUpNow: () => {
        asked.push("back up");
        return Promise.resolve({ ok: true, name: "new" });
      },
      restoreBackup: (name) => {
        asked.push(`restore ${name}`);
        return Promise.resolve({ ok: true, documents: 2, damaged: [] });
      },
      ...instead,
    },
    connection: {
      ask: (question) => {
        asked.push(question);
        return Promise.resolve({ type: "created", request: 1, document: "new" });
      },
    },
    sayAfterRestart: (words) => asked.push(`later: ${words}`),
    settle: () => Promise.resolve(unsaved),
  });
  return { restoring, asked };
}
const failure = { ok: false, code: "no-room", message: "The disk is full." } as const;

it("lists the backups, the newest first, and the documents of the one that is chosen", async () => {
  const { restoring } = stand();
  await restoring.start();
  const list = restoring.list.get();
  expect(list.state === "known" && list.backups.map(({ name }) => name)).toEqual(["2026-11-22", "old"]);
  await restoring.choose(backup.name);
  expect(restoring.chosen.get()).toEqual({ state: "known", backup: backup.name, documents: [backedUp] });
});

it("lists the documents of a backup by title, and last what no list knows", async () => {
  const titles = [null, "Vat", "Felts"];
  const documents = titles.map((title, at) => ({ document: String(at), bytes: 1, title }));
  const { restoring } = stand({ backupDocuments: () => Promise.resolve({ ok: true, documents }) });
  await restoring.choose("x");
  const chosen = restoring.chosen.get();
  expect(chosen?.state === "known" && chosen.documents.map(({ title }) => title)).toEqual([
    "Felts",
    "Vat",
    null,
  ]);
});

it("says in words that the backups cannot be read, or one of them", async () => {
  const { restoring } = stand({
    backups: () => Promise.resolve(failure),
    backupDocuments: () => Promise.resolve(failure),
  });
  await restoring.start();
  expect(restoring.list.get()).toEqual({ state: "unknown", words: failure.message });
  await restoring.choose("x");
  expect(restoring.chosen.get()).toEqual({ state: "unknown", backup: "x", words: failure.message });
});

it("an answer about a backup that is not chosen any more is not shown", async () => {
  const { promise, resolve } = Promise.withResolvers<typeof failure>();
  const { restoring } = stand({ backupDocuments: () => promise });
  const chosen = restoring.choose("one");
  restoring.chosen.set(null);
  resolve(failure);
  await chosen;
  expect(restoring.chosen.get()).toBeNull();
});

it("brings back what is missing, once everything typed is durable", async () => {
  const { restoring, asked } = stand();
  await restoring.bringBack(backup.name);
  expect(asked).toEqual([`restore ${backup.name}`, expect.stringMatching(/^later: .*2 documents/)]);
  expect(restoring.done.get()).toMatch(/2 documents/);
  expect(restoring.problem.get()).toBeNull();
});

it("brings nothing back where something typed is not durable: the window would start anew", async () => {
  const { restoring, asked } = stand({}, "The disk is full.");
  await restoring.bringBack(backup.name);
  expect(asked).toEqual([]);
  expect(restoring.problem.get()).toMatch(/Nothing was brought back.*The disk is full\./);
});

it("says how much of a backup was damaged", async () => {
  const { restoring, asked } = stand({
    restoreBackup: () => Promise.resolve({ ok: true, documents: 2, damaged: ["a"] }),
  });
  await restoring.bringBack(backup.name);
  expect(restoring.done.get()).toMatch(/1 document is damaged in this backup/);
  expect(asked).toEqual([expect.stringMatching(/^later: .* 1 document is damaged/)]);
});

it("opens one of its documents as a copy under a title that says so", async () => {
  const { restoring, asked } = stand();
  expect(await restoring.copyOf(backup.name, backedUp)).toBe("new");
  expect(asked).toEqual([
    { type: "copy-from-backup", backup: backup.name, document: "a", title: "Notes (from a backup)" },
  ]);
});

it("backs up now, and says why not", async () => {
  const { restoring, asked } = stand();
  await restoring.backUpNow();
  expect(asked).toEqual(["back up"]);
  expect(restoring.done.get()).toMatch(/made just now/);
  const full = stand({ backUpNow: () => Promise.resolve(failure) });
  await full.restoring.backUpNow();
  expect(full.restoring.done.get()).toBeNull();
  expect(full.restoring.problem.get()).toBe(failure.message);
});
