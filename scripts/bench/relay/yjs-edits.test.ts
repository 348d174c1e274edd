import { expect, test } from "vitest";
import * as Y from "yjs";
import { readUpdate, stateVector, typedUpdate } from "./yjs-edits.ts";
import { makeYSeed } from "./yjs-seed.ts";

test("updates made by hand are those that Yjs emits for the same typing", () => {
  const document = new Y.Doc();
  document.clientID = 1_000_001;
  const emitted: string[] = [];
  document.on("update", (update: Uint8Array) => emitted.push(Buffer.from(update).toString("hex")));
  const text = document.getText("text");
  text.insert(0, "x");
  text.insert(1, "y");
  text.insert(2, "zzz");
  const made = [
    typedUpdate(1_000_001, 0, "x"),
    typedUpdate(1_000_001, 1, "y"),
    typedUpdate(1_000_001, 2, "zzz"),
  ];
  expect(made.map((each) => each.toString("hex"))).toEqual(emitted);
  const clocks = new Map([[1_000_001, 5]]);
  expect(stateVector(clocks).toString("hex")).toBe(
    Buffer.from(Y.encodeStateVector(document)).toString("hex"),
  );
});

test("an update says which runs it brings", async () => {
  const { update, clock } = await makeYSeed({ kind: "text", chars: 1000, charsPerChange: 30 });
  const merged = Y.mergeUpdates([
    update,
    typedUpdate(7, 0, "a"),
    typedUpdate(7, 1, "bc"),
    typedUpdate(9, 5, "q"),
  ]);
  const ends = new Map<number, number>();
  readUpdate(Buffer.from(merged), (client, at, length) => ends.set(client, at + length));
  expect(Object.fromEntries(ends)).toEqual({ 1: clock, 7: 3, 9: 6 });
});
