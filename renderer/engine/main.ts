/**
 * The engine's composition root, a SharedWorker (`engine.js?relay=…&workspace=…&device=…`).
 *
 * One engine at a time writes a profile: it holds a lock for as long as it lives, and one that was
 * started beside it (a reload with another relay) waits for it to end.
 */
import { initializeWasm } from "@automerge/automerge/slim";
import wasmUrl from "@automerge/automerge/automerge.wasm?url";
import { idFrom } from "../document/id.ts";
import { assemble } from "./assemble.ts";
import { systemClock, waitOf } from "./clock.ts";
import { KeptByMain } from "./copy.ts";
import type { Engine } from "./engine.ts";
import { IdbDisk } from "./idb-disk.ts";
import { IdbJournal } from "./journal.ts";
import { Ledger } from "./ledger.ts";
import { watchMemory } from "./memory.ts";
import { Renderings } from "./renderings.ts";
import { serve } from "./serving.ts";

declare const self: SharedWorkerGlobalScope;

// automerge-repo spaces its saving and syncing by the wall clock. Set back by a year, it would save nothing for a year;
// and after a month asleep the wait is so far below zero that Chromium takes it for weeks.
Date.now = () => systemClock.now();
const systemTimeout = self.setTimeout.bind(self);
self.setTimeout = ((run: () => void, ms = 0) =>
  systemTimeout(run, waitOf(ms))) as unknown as typeof self.setTimeout;

const randomBytes = (count: number): Uint8Array => crypto.getRandomValues(new Uint8Array(count));

const asked = new URL(self.location.href).searchParams;
const place = { relay: asked.get("relay"), workspace: asked.get("workspace") };

/** Resolves when the lock is held, which it is until the worker ends: the callback's promise never resolves. */
function hold(lock: string): Promise<void> {
  return new Promise((resolve) => {
    void navigator.locks.request(lock, () => {
      resolve();
      return new Promise<never>(() => {});
    });
  });
}

async function start(): Promise<Engine> {
  await hold("deckle-engine");
  // One of its own, by which windows notice its death at once.
  const lock = `deckle-engine-${idFrom(randomBytes)}`;
  await hold(lock);
  const [memoryBytes, ledger] = await Promise.all([
    watchMemory(() => initializeWasm(wasmUrl)),
    Ledger.open(place),
  ]);
  const copy = new KeptByMain((...request) => fetch(...request));
  const { engine, link } = await assemble({
    place,
    device: asked.get("device"),
    ledger,
    disk: new IdbDisk(),
    copy,
    clock: systemClock,
    random: Math.random,
    randomBytes,
    renderings: new Renderings(),
    journal: new IdbJournal(),
    persisted: () => navigator.storage.persisted(),
    lock,
    // What was said to windows goes out first.
    memory: { bytes: memoryBytes, end: () => void setTimeout(() => self.close()) },
    mirror: copy,
  });
  if (link) self.addEventListener("online", () => link.hurry());
  return engine;
}

const started = start();

self.onconnect = ({ ports: [port] }) => {
  if (!port) return;
  serve(port, started).catch((error: unknown) => {
    console.error("the engine did not start", error);
    // An error event on the worker is what windows see; it carries the reason.
    setTimeout(() => {
      // Windows start another, and this one must be gone by then.
      self.close();
      throw error;
    });
  });
};
