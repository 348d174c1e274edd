import { ReplaceStep } from "prosemirror-transform";
import { Fragment, Slice } from "prosemirror-model";
import { expect, test } from "vitest";
import { Authority } from "./authority.ts";
import { checkLargeEvery } from "./limits.ts";
import { render } from "./render.ts";
import type { Span } from "./render.ts";
import { schema } from "./schema.ts";
import type { Truth } from "./truth.ts";

const block = (parents: string[] = []): Span => ({ type: "block", value: { type: "paragraph", parents } });
const text = (value: string): Span => ({ type: "text", value });
const letter = (at: number) => new ReplaceStep(at, at, new Slice(Fragment.from(schema.text("x")), 0, 0));

/** A CRDT that says of all text that it is another. */
const disagreeing = (length: number): Truth => ({ length, agrees: () => false, block: () => null });

function typed(): Authority {
  const authority = new Authority(render([block(), text("one")]), () => "id");
  expect(authority.receive(0, [letter(2).toJSON()])).toMatchObject({ ok: true });
  authority.takeOperations();
  return authority;
}

test("where a check finds another text, following alone does not do: it is rendered afresh", () => {
  const authority = typed();
  expect(authority.check(disagreeing(5))).toBeNull();
  expect(authority.followPatches([], disagreeing(5))).toBeNull();
  expect(authority.follow(render([block(), text("two")])).length).toBeGreaterThan(0);
  expect(authority.doc.textContent).toBe("two");
  // And then all is well.
  expect(authority.check(disagreeing(5))).toEqual([]);
});

test("a step that would not come out of the CRDT as it went in is refused, and nothing changed", () => {
  const authority = new Authority(render([block(), text("one")]), () => "id");
  const before = authority.doc;
  for (const value of ['{"a":1}', "[1]", "null", "1e400", "nonsense"]) {
    const mark = { type: "unknown_mark", attrs: { name: "glow", value } };
    const received = authority.receive(0, [{ stepType: "addMark", from: 1, to: 3, mark }]);
    expect(received, value).toMatchObject({ ok: false, reason: "invalid" });
  }
  expect(authority.doc).toBe(before);
  expect(authority.hasOperations).toBe(false);
});

test("a list of thousands is checked now and then, and then as a whole", () => {
  const items = Array.from({ length: 3000 }, (_, i) => block(["bullet_list:l", `list_item:${i}`]));
  const authority = new Authority(render(items), () => "id");
  const outcomes = [];
  for (let i = 0; i < checkLargeEvery; i++) {
    const item = authority.doc.child(0).child(0);
    const step = new ReplaceStep(1, 1 + item.nodeSize, Slice.empty); // the first item goes
    expect(authority.receive(authority.version, [step.toJSON()])).toMatchObject({ ok: true });
    authority.takeOperations();
    outcomes.push(authority.check({ length: 2999 - i, agrees: () => true, block: () => null }));
  }
  expect(outcomes.filter((steps) => steps === null)).toHaveLength(1);
  expect(outcomes.at(-1)).toBeNull();
});
