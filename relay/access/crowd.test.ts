/** A workspace of very many: what one member asks for again and again costs the others nothing. */
import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { MemoryRecords, Stand } from "../harness-access.ts";
import { rowOf } from "./records.ts";

const members = 10_000;

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

function crowd(): MemoryRecords {
  const records = new MemoryRecords();
  for (let i = 0; i < members; i++) {
    const [member, id] = [randomBytes(16).toString("hex"), randomBytes(32).toString("hex")];
    for (const { key, value } of [
      rowOf({ kind: "member", value: { id: member, name: "Ada", role: "viewer", sinceMs: 1 } }),
      rowOf({ kind: "device", value: { id, publicKey: id, member, name: "Laptop", sinceMs: 1 } }),
    ])
      records.rows.set(key, value);
  }
  return records;
}

test("attack: invites without end in a workspace of 10,000: nobody else is looked at for one", async () => {
  const stand = await Stand.open(crowd());
  const took: number[] = [];
  for (let i = 0; i < 50; i++) {
    const startedMs = performance.now();
    const { done } = await stand.invite("viewer");
    took.push(performance.now() - startedMs);
    expect(done).toEqual({ ok: true });
  }
  // To go through all devices takes ten times as long.
  expect(median(took)).toBeLessThan(1);
  expect(stand.changed).toEqual([]);
});
