import { expect, test } from "vitest";
import { Receipts } from "./receipts.ts";

const [a, b, c] = [Buffer.of(1), Buffer.of(2), Buffer.of(3)];

function watched(): { receipts: Receipts; seen: [number, number][] } {
  const seen: [number, number][] = [];
  return { receipts: new Receipts((hash, edits) => void seen.push([hash[0] ?? 0, edits])), seen };
}

test("a receipt is for every edit made before its heads were told, also where those are someone else's", () => {
  const { receipts, seen } = watched();
  receipts.sent(a, 1, 0);
  receipts.told(a);
  // Somebody built upon it: their change is the head now.
  receipts.told(b);
  receipts.sent(c, 2, 0);
  receipts.told(c);
  receipts.receipt(b, 5);
  expect(seen).toEqual([[1, 1]]);
  receipts.receipt(c, 5);
  expect(seen).toEqual([
    [1, 1],
    [3, 2],
  ]);
});

test("a receipt for heads that were not told is for nothing", () => {
  const { receipts, seen } = watched();
  receipts.sent(a, 1, 0);
  receipts.told(a);
  receipts.receipt(b, 5);
  expect(seen).toEqual([]);
});
