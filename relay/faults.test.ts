/**
 * A relay whose disk lies or is full. Damage is done to a data folder that a kill -9 left, so that part of it is in
 * the file and part in the write-ahead log: bits flipped, sectors torn off to zeros, ends cut away.
 *
 * STORE_DAMAGES sets how many of each kind. What each must show: the relay starts again, or says in words what to do
 * and does after that; damage that matters is reported by `verify`; and everything comes back from the clients that
 * have it, one of them stock and one with Deckle's marker.
 */
import { execFile } from "node:child_process";
import { cpSync, existsSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { randomInt } from "node:crypto";
import { join } from "node:path";
import { promisify } from "node:util";
import * as A from "@automerge/automerge";
import type { DocHandle } from "@automerge/automerge-repo";
import { afterEach, beforeEach, expect, test } from "vitest";
import { seededRandom } from "../scripts/faults/link.ts";
import { syncMessage } from "./harness-forge.ts";
import {
  blob,
  cliFile,
  find,
  RelayProcess,
  sleep,
  Stage,
  temporaryFolder,
  until,
  type Content,
} from "./harness.ts";
import { storeFile } from "./workspace-files.ts";
import { verifyFile } from "./store/verify.ts";

const damages = Number(process.env["STORE_DAMAGES"] ?? 1);
const seed = Number(process.env["STORE_DAMAGES_SEED"] ?? randomInt(2 ** 31));
const random = seededRandom(seed);
const below = (end: number): number => Math.floor(random() * end);

let stage: Stage;
beforeEach(() => void (stage = new Stage()));
afterEach(() => stage.end());

const runCli = async (...words: string[]): Promise<{ code: number; said: string }> =>
  promisify(execFile)("node", [cliFile, ...words]).then(
    ({ stdout, stderr }) => ({ code: 0, said: stdout + stderr }),
    (error: { code: number; stdout: string; stderr: string }) => ({
      code: error.code,
      said: error.stdout + error.stderr,
    }),
  );

type Damage = (file: string) => string;

/** Each changes a file in place and says how. */
const kinds: Readonly<Record<string, Damage>> = {
  "a flipped bit": (file) => {
    const bytes = readFileSync(file);
    const at = below(bytes.length);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << below(8));
    writeFileSync(file, bytes);
    return `a bit at ${at}`;
  },
  "a torn sector": (file) => {
    const bytes = readFileSync(file);
    const at = 512 * below(bytes.length / 512);
    bytes.fill(0, at, at + 512);
    writeFileSync(file, bytes);
    return `512 zeros at ${at}`;
  },
  "20 flipped bytes": (file) => {
    const bytes = readFileSync(file);
    for (let i = 0; i < 20; i++) bytes[below(bytes.length)] = below(256);
    writeFileSync(file, bytes);
    return "20 bytes";
  },
  "a cut-off end": (file) => {
    const { size } = statSync(file);
    const left = Math.floor(size * (0.3 + 0.7 * random()));
    truncateSync(file, left);
    return `${left} of ${size} bytes left`;
  },
};

interface Scene {
  readonly port: number;
  /** As a kill -9 left it. */
  readonly data: string;
  /** Each is only with one client: the stock one and the one with the marker. */
  readonly handles: readonly DocHandle<Content>[];
}

/** Two clients with documents of their own; half of the history is in the file, half in the log. */
async function scene(): Promise<Scene> {
  const data = stage.folder();
  const first = await RelayProcess.start(data);
  const { port, url } = first;
  const [stock, marked] = [stage.repo(url), stage.deckleRepo(url)];
  const handles = [stock, stock, marked.repo, marked.repo].map((repo, n) => repo.create<Content>({ n }));
  const edit = (i: number): void => {
    for (const handle of handles)
      handle.change((doc) => void (doc[`k${i % 40}`] = i % 10 === 0 ? blob(20_000) : `${i} `.repeat(i % 60)));
  };
  const arrived = async (at: string): Promise<void> => {
    // Of its own: what reads here is gone before there is damage, and can heal nothing.
    const readers = new Stage();
    for (const handle of handles) {
      const copy = await find(readers.repo(at), handle.url);
      await until("all is there", () => copy.heads().join() === handle.heads().join(), 20_000);
    }
    await readers.end();
  };
  for (let i = 0; i < 150; i++) edit(i);
  await arrived(url);
  await first.end("SIGTERM");
  const second = await RelayProcess.startAt(data, port);
  for (let i = 150; i < 300; i++) {
    edit(i);
    if (i % 10 === 0) await sleep(20);
  }
  await arrived(second.url);
  await second.end("SIGKILL");
  return { port, data, handles };
}

async function repair(data: string): Promise<void> {
  const done = await runCli("repair", "--data", data);
  expect(done.said).toMatch(/\d+ documents, \d+ changes/);
}

/** The relay on a damaged folder; does what it says where it does not start. */
async function startSomehow(data: string, port: number): Promise<RelayProcess> {
  try {
    return await RelayProcess.startAt(data, port);
  } catch (error) {
    if (!asksForRepair.test(error instanceof Error ? error.message : "")) throw error;
    await repair(data);
    return RelayProcess.startAt(data, port);
  }
}
const asksForRepair = /deckle-relay repair/;

const count = { harmless: 0, found: 0, repaired: 0 };

test(
  `damage after kill -9 is found, and heals from clients (seed ${seed})`,
  async () => {
    const { port, data, handles } = await scene();
    const walBytes = statSync(`${storeFile(data)}-wal`).size;
    expect(walBytes).toBeGreaterThan(100_000);
    expect(verifyFile(storeFile(data)).faults).toEqual([]);

    for (const end of ["", "-wal"]) {
      for (const [kind, damage] of Object.entries(kinds)) {
        for (let i = 0; i < damages; i++) {
          const copy = join(stage.folder(), "data");
          cpSync(data, copy, { recursive: true });
          const what = `${kind} in relay.sqlite${end}: ${damage(`${storeFile(copy)}${end}`)}`;
          await survives(copy, port, handles, what).catch((error: unknown) => {
            throw new Error(`${what}: ${error instanceof Error ? error.message : String(error)}`);
          });
          rmSync(copy, { recursive: true });
        }
      }
    }
    console.log(`damaged ${Object.keys(kinds).length * 2 * damages} times: ${JSON.stringify(count)}`);
    expect(count.found + count.repaired).toBeGreaterThan(0);
  },
  60_000 + damages * 8 * 20_000,
);

async function survives(
  data: string,
  port: number,
  handles: readonly DocHandle<Content>[],
  what: string,
): Promise<void> {
  let reported: readonly string[];
  // Proving needs a copy of its own: opening a file takes its log in.
  const proof = join(stage.folder(), "data");
  cpSync(data, proof, { recursive: true });
  try {
    reported = verifyFile(storeFile(proof)).faults;
  } catch (error) {
    reported = [String(error)];
  }
  let relay = await startSomehow(data, port);
  let said = "";
  const readers = new Stage();
  try {
    // The clients come back by themselves, and bring what the relay lacks.
    const fresh = readers.repo(relay.url);
    for (const handle of handles) {
      // SQLite may notice damage in the file's structure only now; the relay says what to do, and it is done.
      const hasAll = async (): Promise<boolean> => {
        const asked = relay.stderr.match(asksForRepair);
        if (asked) {
          await relay.end("SIGTERM");
          said += relay.stderr;
          await repair(data);
          relay = await RelayProcess.startAt(data, port);
        }
        const found = await fresh.find<Content>(handle.url).catch(() => undefined);
        return found?.heads().join() === handle.heads().join();
      };
      await until("a fresh client has all", hasAll, 20_000);
      expect((await fresh.find<Content>(handle.url)).doc()).toEqual(handle.doc());
    }
  } catch (error) {
    throw new Error(`${String(error)}, it said ${relay.stderr.slice(-6_000)}`);
  } finally {
    await readers.end();
  }
  said += relay.stderr;
  const isRepaired = existsSync(`${storeFile(data)}.replaced-1`);
  const isFound = isRepaired || /"store-(changes|commits|entry|damaged|broken)/.test(said);
  count[isRepaired ? "repaired" : isFound ? "found" : "harmless"]++;
  if (isFound && reported.length === 0) throw new Error(`verify had said nothing: ${said.slice(-3_000)}`);
  expect(await relay.end("SIGTERM"), what).toBe(0);
  // What was damaged was noticed when it was read, and is there again.
  const after = verifyFile(storeFile(data));
  // Of what was lost with its index and its document's entry nobody knows whether it came again.
  const left = after.faults.filter((each) => !each.endsWith("and nothing says which they were"));
  if (left.length > 0) throw new Error(`is left: ${left.join("; ")}; was: ${reported.join("; ")}`);
  expect(said).not.toMatch(/"bug"/);
}

test("damage that nobody has is said by verify, and by the relay that serves the rest", async () => {
  const { port, data: made, handles } = await scene();
  using folder = temporaryFolder();
  const data = join(folder.path, "data");
  cpSync(made, data, { recursive: true });
  // With its clients, so that nothing heals.
  await stage.end();
  // The middle of the largest document's bytes: SQLite sees nothing wrong with it, the checksums do.
  const file = storeFile(data);
  const relay = await RelayProcess.startAt(data, port);
  await relay.end("SIGTERM");
  const bytes = readFileSync(file);
  for (let at = 8_192; at < bytes.length; at += 60_000) bytes[at] = (bytes[at] ?? 0) ^ 1;
  writeFileSync(file, bytes);
  const verified = await runCli("verify", "--data", data);
  expect(verified.code).toBe(1);
  expect(verified.said).toMatch(/findings/);
  const again = await startSomehow(data, port);
  stage = new Stage();
  stage.defer(() => again.end("SIGKILL"));
  const reader = await stage.raw(again.url);
  for (const handle of handles) {
    reader.frame("request", handle.documentId, syncMessage());
    const isAnswered = (): boolean =>
      reader.received.some((each) => each["documentId"] === handle.documentId) ||
      reader.closeCode !== undefined;
    await until("answered", isAnswered);
  }
  expect(again.child.exitCode).toBeNull();
}, 90_000);

test("a full disk: writers are refused in words, readers go on, and nothing is lost once there is room", async () => {
  const data = stage.folder();
  const relay = await RelayProcess.startOnSmallDisk(data, 24_000_000);
  stage.defer(() => relay.end("SIGKILL"));
  const [writing, marked] = [stage.repo(relay.url), stage.deckleRepo(relay.url)];
  const handle = writing.create<Content>({ n: 0 });
  const own = marked.repo.create<Content>({ n: 0 });
  const watcher = await find(stage.repo(relay.url), handle.url);
  await find(stage.repo(relay.url), own.url);
  for (let i = 1; i <= 20; i++) handle.change((doc) => void (doc[`k${i}`] = blob(10_000)));
  await until("level", () => watcher.heads().join() === handle.heads().join());

  const filler = join(relay.outside(data), "filler");
  fill(filler);
  const before = watcher.heads().join();
  const receipts = marked.receipts.length;
  for (let i = 21; i <= 40; i++) {
    handle.change((doc) => void (doc[`k${i}`] = blob(10_000)));
    own.change((doc) => void (doc[`k${i}`] = blob(10_000)));
  }
  const refused = await stage.raw(relay.url);
  const reasons: string[] = [];
  refused.socket.on("close", (code, reason) => reasons.push(`${code} ${reason.toString()}`));
  const big = blob(200_000);
  const other = stage.repo("ws://127.0.0.1:9/sync").create<Content>({ big });
  refused.frame("sync", other.documentId, uploadOf(other));
  await until("the writer is told", () => reasons.length > 0, 10_000);
  expect(reasons).toEqual(["1013 store-unavailable"]);
  expect(refused.of("receipt")).toEqual([]);
  // Readers: a new one gets what was stored, the old one sees nothing that is not.
  const reader = await find(stage.repo(relay.url), handle.url);
  await until("a new reader has it", () => reader.heads().join() === before, 10_000);
  expect(watcher.heads().join()).toBe(before);
  const shownBefore = marked.receipts.slice(receipts).flatMap((each) => each.heads);
  expect(shownBefore).not.toContain(own.heads()[0]);
  expect(relay.child.exitCode).toBeNull();

  rmSync(filler);
  await until("all of it arrives", () => watcher.heads().join() === handle.heads().join(), 20_000);
  await until("the new reader, too", () => reader.heads().join() === handle.heads().join(), 20_000);
  expect(watcher.doc()).toEqual(handle.doc());
  const copy = await find(stage.repo(relay.url), own.url);
  await until("the other document", () => copy.heads().join() === own.heads().join(), 20_000);
  const last = (): string =>
    String(marked.receipts.filter((each) => each.documentId === own.documentId).at(-1)?.heads);
  expect(relay.stderr).not.toMatch(/"bug"/);
  await until("receipted", () => last().length > 0);
}, 90_000);

/** A sync message with all of a document in it. */
const uploadOf = (handle: DocHandle<Content>): Uint8Array =>
  syncMessage({ heads: A.getHeads(handle.doc()), changes: A.getAllChanges(handle.doc()) });

/** Writes until there is no room for one more byte. */
function fill(file: string): void {
  for (let bytes = 1_000_000; bytes >= 1; bytes = Math.floor(bytes / 10)) {
    try {
      for (;;) writeFileSync(file, Buffer.alloc(bytes, 1), { flag: "a" });
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "ENOSPC")) throw error;
    }
  }
}
