import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import * as A from "@automerge/automerge/slim";
import { expect, test } from "vitest";
import { FakeClock } from "./fake-clock.ts";
import { memoryExcessBytesMax, restLookMs, restLooksMin, retireAgainMs } from "./limits.ts";
import { Memory, watchMemory } from "./memory.ts";

test("the memory of Automerge is seen, and WebAssembly is as it was", async () => {
  const { instantiate, instantiateStreaming } = WebAssembly;
  const path = createRequire(import.meta.url).resolve("@automerge/automerge/automerge.wasm");
  const wasm = await readFile(path);
  // The very way that the app goes, too: from a response, streaming.
  const url = `data:application/wasm;base64,${wasm.toString("base64")}`;
  const bytes = await watchMemory(() => A.initializeWasm(url));
  expect(WebAssembly.instantiate).toBe(instantiate);
  expect(WebAssembly.instantiateStreaming).toBe(instantiateStreaming);
  const before = bytes();
  expect(before).toBeGreaterThan(0);
  const blob = new Uint8Array(8_000_000);
  const doc = A.from({ blob });
  expect(bytes()).toBeGreaterThan(before);
  A.free(doc);
});

test("what does not start leaves WebAssembly as it was", async () => {
  const { instantiate } = WebAssembly;
  await expect(watchMemory(() => Promise.reject(new Error("no script")))).rejects.toThrow("no script");
  expect(WebAssembly.instantiate).toBe(instantiate);
});

async function stand() {
  const clock = new FakeClock();
  const state = { bytes: 10_000_000, isAtRest: true, retired: 0 };
  const memory = new Memory({
    clock,
    bytes: () => state.bytes,
    isAtRest: () => state.isAtRest,
    retire: () => {
      state.retired++;
      return Promise.resolve();
    },
  });
  const rest = async (looks = restLooksMin): Promise<void> => {
    for (let look = 0; look < looks; look++) {
      clock.advance(restLookMs);
      for (let turn = 0; turn < 5; turn++) await Promise.resolve();
    }
  };
  const open = (document: string, bytes: number): Promise<void> =>
    memory.opening(document, () => {
      state.bytes += bytes;
      return Promise.resolve();
    });
  return { clock, state, memory, rest, open };
}

test("at rest an engine that has closed much makes room, and not while what it has is open", async () => {
  const { state, memory, rest, open } = await stand();
  await open("a", 2 * memoryExcessBytesMax);
  await rest();
  expect(state.retired).toBe(0);
  memory.closing("a");
  await rest();
  expect(state.retired).toBeGreaterThan(0);
});

test("whoever types, and whatever is under way, is not cut off", async () => {
  const { state, memory, rest, open } = await stand();
  await open("a", 2 * memoryExcessBytesMax);
  memory.closing("a");
  for (let n = 0; n < 3 * restLooksMin; n++) {
    memory.busy();
    await rest(1);
  }
  state.isAtRest = false;
  await rest(3 * restLooksMin);
  expect(state.retired).toBe(0);
  state.isAtRest = true;
  await rest();
  expect(state.retired).toBe(1);
});

test("one that has closed nothing does not end again and again", async () => {
  const { state, clock, rest } = await stand();
  state.bytes += 2 * memoryExcessBytesMax;
  await rest(5);
  expect(state.retired).toBe(0);
  clock.advance(retireAgainMs);
  await rest(5);
  expect(state.retired).toBeGreaterThan(0);
});

test("a little more than what is open is no reason", async () => {
  const { state, memory, rest, open } = await stand();
  await open("a", memoryExcessBytesMax);
  memory.closing("a");
  await rest(10);
  expect(state.retired).toBe(0);
});
