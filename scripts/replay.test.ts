import * as A from "@automerge/automerge/slim";
import { beforeAll, expect, test } from "vitest";
import { bodySpans } from "../renderer/document/body.ts";
import type { DeckleDocument } from "../renderer/document/body.ts";
import { render } from "../renderer/document/render.ts";
import { useAutomerge } from "./automerge.ts";
import { replay, runsOf, textOf } from "./replay.ts";
import { friendsTrace } from "./traces.ts";
import type { ConcurrentTrace } from "./traces.ts";

beforeAll(useAutomerge);

const low = "11".repeat(16);
const high = "ff".repeat(16);

// Replicas of other kinds may order differently what two put at one place. Not in this trace: plain
// Automerge text comes to `endContent` too, whichever actor is greater. So we are held to each letter.
test.each([
  ["the one who began has the lower actor", [low, high]],
  ["the one who began has the higher actor", [high, low]],
])("two people's real writing comes out as they wrote it: %s", { timeout: 180_000 }, async (_, actors) => {
  const trace = await friendsTrace();
  const { documents, writers, runs, checks } = replay(trace, { checkEvery: 25, actors });
  expect(documents).toEqual([trace.endContent, trace.endContent]);
  expect(runs).toBe(3727);
  expect(checks).toBeGreaterThan(100);
  for (const { replica, followed } of writers) {
    expect(followed.patches).toBeGreaterThan(1000);
    expect(followed.afresh).toBe(0);
    const reopened = A.load<DeckleDocument>(A.save(replica));
    expect(textOf(render(bodySpans(reopened)))).toBe(trace.endContent);
  }
});

const typed = (at: number, text: string) => ({ at, deleteCount: 0, text });

/** Both begin from "abcd"; one splits it and types, the other deletes what is after the split. */
const small: ConcurrentTrace = {
  agents: 2,
  endContent: "ab!\ncz",
  entries: [
    { agent: 0, parents: [], edits: [typed(0, "abcd")] },
    { agent: 0, parents: [0], edits: [typed(2, "\n")] },
    { agent: 1, parents: [0], edits: [{ at: 3, deleteCount: 1, text: "" }, typed(3, "z")] },
    { agent: 0, parents: [1], edits: [typed(2, "!")] },
    { agent: 1, parents: [2, 3], edits: [] },
  ],
};

test("a trace is cut where somebody else saw a part of it", () => {
  expect(runsOf(small).map(({ agent, parents, edits }) => [agent, parents, edits.length])).toEqual([
    [0, [], 1],
    [0, [0], 2],
    [1, [0], 2],
    [1, [2, 1], 0],
  ]);
  expect(replay(small, { checkEvery: 1, actors: [low, high] }).documents).toEqual([
    small.endContent,
    small.endContent,
  ]);
});

test("an edit whose writer cannot have had what the trace says is an error", () => {
  const entries = [...small.entries, { agent: 0, parents: [2], edits: [typed(0, "?")] }];
  expect(() => replay({ ...small, entries }, { checkEvery: 1, actors: [low, high] })).toThrow(
    "not the merge of the trace's parents",
  );
});
