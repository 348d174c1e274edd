import { expect, test } from "vitest";
import { restBytesMin, restFramesMax, restLooks } from "../protocol/limits.ts";
import { collectGarbage } from "../store/garbage.ts";
import { Rest } from "./rest.ts";

function resting() {
  const seen = { frames: 0, heapBytes: 1_000, collections: 0 };
  const rest = new Rest({
    framesIn: () => seen.frames,
    heapBytes: () => seen.heapBytes,
    collect: () => {
      seen.collections++;
      seen.heapBytes = 1_000;
    },
  });
  const look = (times: number): number => {
    for (let i = 0; i < times; i++) rest.look();
    return seen.collections;
  };
  return { seen, look };
}

test("garbage is collected once it is quiet, where there is enough of it, and once", () => {
  const { seen, look } = resting();
  expect(look(10 * restLooks)).toBe(0);
  seen.heapBytes += restBytesMin;
  expect(look(restLooks)).toBe(1);
  expect(look(10 * restLooks)).toBe(1);
});

test("a busy relay is left alone; a few frames are not busy", () => {
  const { seen, look } = resting();
  seen.heapBytes += restBytesMin;
  for (let i = 0; i < 20; i++) {
    seen.frames += restFramesMax + 1;
    expect(look(1)).toBe(0);
  }
  for (let i = 0; i < restLooks; i++) {
    seen.frames += restFramesMax;
    look(1);
  }
  expect(seen.collections).toBe(1);
});

test("a collection takes what nobody holds", () => {
  let held: unknown[] | undefined = Array.from({ length: 500_000 }, (_, i) => ({ i }));
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  expect(held.length).toBe(500_000);
  held = undefined;
  collectGarbage();
  expect(before - process.memoryUsage().heapUsed).toBeGreaterThan(5e6);
});
