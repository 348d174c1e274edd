import type { Patch } from "@automerge/automerge/slim";
import { expect, test } from "vitest";
import { insertedText } from "./inserted.ts";
import { Random } from "./random.ts";

type Marks = Record<string, unknown>;

/** The same, unit by unit: null is what was there before, and what is no text. */
function modelOf(patches: readonly Patch[], length: number): (Marks | null)[] {
  const units: (Marks | null)[] = Array.from({ length }, () => null);
  for (const patch of patches) {
    const at = Number(patch.path[1] ?? 0);
    if (patch.action === "splice")
      units.splice(at, 0, ...Array.from(patch.value, () => ({ ...patch.marks })));
    else if (patch.action === "insert") units.splice(at, 0, null);
    else if (patch.action === "del") units.splice(at, patch.length ?? 1);
    else if (patch.action === "mark") {
      for (const { name, value, start, end } of patch.marks)
        for (const unit of units.slice(start, end)) if (unit) unit[name] = value;
    } else if (patch.action === "unmark")
      for (const unit of units.slice(patch.start, patch.end)) if (unit) unit[patch.name] = null;
  }
  return units;
}

function chance(random: Random): { patches: Patch[]; length: number } {
  const before = random.below(10);
  const patches: Patch[] = [];
  let length = before;
  for (let i = random.below(30); i > 0; i--) {
    const at = random.below(length + 1);
    const size = 1 + random.below(4);
    const end = Math.min(length, at + size);
    const name = random.pick(["strong", "em"]);
    const action = random.pick(["splice", "splice", "insert", "del", "mark", "unmark"] as const);
    if (action === "splice") {
      const marks = random.below(2) === 0 ? {} : { marks: { [name]: true } };
      patches.push({ action, path: ["body", at], value: "x".repeat(size), ...marks });
      length += size;
    } else if (action === "insert") {
      patches.push({ action, path: ["body", at], values: [{}] });
      length++;
    } else if (at === end) continue;
    else if (action === "del") {
      patches.push({ action, path: ["body", at], ...(end - at === 1 ? {} : { length: end - at }) });
      length -= end - at;
    } else if (action === "mark")
      patches.push({ action, path: ["body"], marks: [{ name, value: true, start: at, end }] });
    else patches.push({ action, path: ["body"], name, start: at, end });
  }
  return { patches, length: before };
}

test("where inserted text is, and its marks, are what a log of single units says", () => {
  for (let seed = 0; seed < 2_000; seed++) {
    const { patches, length } = chance(new Random(seed));
    const model = modelOf(patches, length);
    const seen = model.map((): Marks | null => null);
    let end = -1;
    for (const { from, to, marks } of insertedText(patches, "body")) {
      expect(from).toBeGreaterThanOrEqual(end);
      expect(to).toBeGreaterThan(from);
      end = to;
      seen.fill(marks, from, to);
    }
    expect([seed, seen]).toEqual([seed, model]);
  }
});

test("another field's patches count for nothing", () => {
  expect(insertedText([{ action: "splice", path: ["title", 0], value: "x" }], "body")).toEqual([]);
});
