/** Every outcome is compared with `Automerge.change`: what fails here is an internal of Automerge that has changed. */
import * as A from "@automerge/automerge/slim";
import { beforeAll, expect, test } from "vitest";
import { useAutomerge } from "../../scripts/automerge.ts";
import { bodySpans, emptyDocument, firstBlock, hasTexts, lighten, runOperations, truthOf } from "./body.ts";
import type { DeckleDocument } from "./body.ts";
import { dropCopy, writeChange } from "./change.ts";
import type { Handle } from "./change.ts";
import { samplesMax } from "./limits.ts";
import { Random } from "./random.ts";

beforeAll(useAutomerge);

const now = Date.UTC(2026, 6, 1, 12, 0, 0, 999);

/** One body in two documents: the one with Automerge's copy, the other without. */
function twins(actor = "aa".repeat(16)): { plain: A.Doc<DeckleDocument>; light: A.Doc<DeckleDocument> } {
  const empty = A.from<DeckleDocument>(emptyDocument("twins"), { actor: "00".repeat(16) });
  const first = A.change(empty, (draft) => {
    runOperations(draft, [firstBlock, { type: "splice", at: 1, deleteCount: 0, text: "One 😀 two." }]);
  });
  const light = A.clone(first, { actor });
  lighten(light);
  return { plain: A.clone(first, { actor }), light };
}

const bodyOf = (handle: Handle): string => (handle.getWithType("_root", "body") as ["text", string])[1];

const type =
  (at: number, text: string, deleteCount = 0) =>
  (handle: Handle): void =>
    handle.splice(bodyOf(handle), at, deleteCount, text);

const enter =
  (at: number) =>
  (handle: Handle): void => {
    const marker = handle.insertObject(bodyOf(handle), at, {});
    handle.put(marker, "type", "paragraph", "str");
    handle.putObject(marker, "parents", []);
    handle.putObject(marker, "attrs", {});
    handle.put(marker, "isEmbed", false);
  };

const bold =
  (start: number, end: number) =>
  (handle: Handle): void =>
    handle.mark(bodyOf(handle), { start, end, expand: "after" }, "strong", true);

/** As Automerge writes it, at the same time. */
const byAutomerge = (doc: A.Doc<DeckleDocument>, run: (handle: Handle) => void): A.Doc<DeckleDocument> =>
  A.change(doc, { time: Math.floor(now / 1000) }, (draft) => run(A.getBackend(draft)));

test("changes are those that Automerge writes, byte by byte, with their time and their patches", () => {
  let { plain, light } = twins();
  for (const [run, wantPatches] of [
    [type(4, "words "), true],
    [enter(6), false],
    [bold(1, 5), false],
    [type(9, "", 3), false],
    [type(2, "x"), true],
    [enter(3), true],
  ] as const) {
    const before = A.getHeads(plain);
    plain = byAutomerge(plain, run);
    const written = writeChange(light, "body", run, { wantPatches, now });
    expect(A.getHeads(light)).toEqual(before); // the one before stands where it stood
    light = written.doc;
    const after = A.getHeads(plain);
    expect(A.getHeads(light)).toEqual(after);
    expect(A.getLastLocalChange(light)).toEqual(A.getLastLocalChange(plain));
    expect(A.inspectChange(light, after[0] as string)?.time).toBe(Math.floor(now / 1000));
    expect(written.patches).toEqual(wantPatches ? A.diff(plain, before, after) : []);
    // What a DocHandle asks, to tell its listeners; without patches it hears of none and must be told (`handle.ts`).
    expect(A.diff(light, before, after)).toEqual(written.patches);
  }
  expect(bodySpans(light)).toEqual(bodySpans(plain));
  expect(A.getAllChanges(light)).toEqual(A.getAllChanges(plain));
  expect(A.diff(light, [], A.getHeads(light))).toEqual(A.diff(plain, [], A.getHeads(plain)));
});

test("the body's copy stays away, whatever is written here, merged or written with Automerge", () => {
  let { plain, light } = twins();
  const isLight = (): boolean => !Object.keys(light).includes("body") && light.title === plain.title;
  light = writeChange(light, "body", type(1, "a"), { wantPatches: true, now }).doc;
  plain = A.merge(plain, A.clone(light));
  expect(isLight()).toBe(true);
  plain = A.clone(plain, { actor: "bb".repeat(16) });
  plain = A.change(plain, (draft) => {
    runOperations(draft, [
      firstBlock,
      { type: "splice", at: 3, deleteCount: 1, text: "remote" },
      { type: "mark", from: 1, to: 4, name: "em", value: true },
      { type: "updateBlock", at: 0, change: { type: "heading", attrs: { level: 2 } } },
    ]);
    A.splice(draft, ["title"], 0, 0, "New ");
  });
  [light] = A.applyChanges(light, A.getChangesSince(plain, A.getHeads(light)));
  expect(isLight()).toBe(true);
  light = A.change(light, (draft) => A.splice(draft, ["title"], 0, 0, "Very "));
  plain = A.merge(plain, A.clone(light));
  expect(isLight()).toBe(true);
  expect(light.title).toBe("Very New twins");
  expect(hasTexts(light)).toBe(true);
  expect(bodySpans(light)).toEqual(bodySpans(plain));
  expect(A.getCursor(light, ["body"], 3)).toBe(A.getCursor(plain, ["body"], 3));
});

test("somebody replaces the body: its copy comes back, and goes with the next change", () => {
  let { light } = twins();
  const other = A.change(A.clone(light, { actor: "bb".repeat(16) }), (draft) => void (draft.body = "other"));
  [light] = A.applyChanges(light, A.getChangesSince(other, A.getHeads(light)));
  expect(light.body).toBe("other");
  light = writeChange(light, "body", type(5, "!"), { wantPatches: true, now }).doc;
  expect("body" in light).toBe(false);
  expect(bodySpans(light)).toMatchObject([{ value: "other!" }]);
});

test("edits of two at once merge as Automerge's do, and everything is there after saving and loading", () => {
  const random = new Random(7);
  const ours = twins();
  const theirs = twins("bb".repeat(16));
  const pairs = [ours, theirs];
  for (let i = 0; i < 200; i++) {
    const pair = random.pick(pairs);
    const { length } = truthOf(pair.light);
    const at = 1 + random.below(length - 1);
    const run = random.pick([type(at, `${i}`), enter(at), bold(at, at + 1), type(length - 1, "", 1)]);
    pair.plain = byAutomerge(pair.plain, run);
    pair.light = writeChange(pair.light, "body", run, { wantPatches: random.chance(0.5), now }).doc;
    if (i % 10 > 0) continue;
    const other = random.pick(pairs);
    for (const kind of ["plain", "light"] as const)
      [pair[kind]] = A.applyChanges(
        pair[kind],
        A.getChangesSince(other[kind], common(pair[kind], other[kind])),
      );
  }
  for (const { plain, light } of pairs) {
    expect(A.getHeads(light)).toEqual(A.getHeads(plain));
    expect(bodySpans(light)).toEqual(bodySpans(plain));
    const loaded = A.load<DeckleDocument>(A.save(light));
    expect(loaded.body).toBe(plain.body);
    expect(A.getHeads(loaded)).toEqual(A.getHeads(light));
    expect(A.getAllChanges(loaded)).toEqual(A.getAllChanges(plain));
  }
});

const common = (one: A.Doc<unknown>, other: A.Doc<unknown>): A.Heads =>
  A.getHeads(one).filter((head) => A.hasHeads(other, [head]));

test("a change that throws leaves nothing, and the next one is whole", () => {
  let { plain, light } = twins();
  const before = A.getHeads(light);
  expect(() =>
    writeChange(
      light,
      "body",
      (handle) => {
        type(3, "half")(handle);
        type(10_000, "past the end")(handle);
      },
      { wantPatches: true, now },
    ),
  ).toThrow(/bounds/);
  expect(A.getHeads(light)).toEqual(before);
  expect(bodySpans(light)).toEqual(bodySpans(plain));
  const written = writeChange(light, "body", type(1, "y"), { wantPatches: true, now });
  light = written.doc;
  expect(written.patches).toEqual([{ action: "splice", path: ["body", 1], value: "y" }]);
  plain = byAutomerge(plain, type(1, "y"));
  expect(A.getHeads(light)).toEqual(A.getHeads(plain));
});

test.each([true, false])("no change is applied to the copy of what is left (patches: %s)", (wantPatches) => {
  // That would be the work that is saved here. So only the field whose copy is dropped may be written.
  let { light } = twins();
  const rename = (handle: Handle): void =>
    handle.splice((handle.getWithType("_root", "title") as ["text", string])[1], 0, 0, "New ");
  light = writeChange(light, "body", rename, { wantPatches, now }).doc;
  expect(light.title).toBe("twins");
  expect(A.toJS(light).title).toBe("New twins");
});

test("nothing written is no change; an outdated document and what is none are refused", () => {
  const { light } = twins();
  expect(writeChange(light, "body", () => {}, { wantPatches: true, now })).toEqual({
    doc: light,
    patches: [],
  });
  writeChange(light, "body", type(1, "z"), { wantPatches: false, now });
  expect(() => writeChange(light, "body", type(1, "z"), { wantPatches: false, now })).toThrow(/outdated/);
  expect(() => A.change(light, (draft) => void (draft.title = "t"))).toThrow(/outdated/);
  const view = A.view(twins().light, A.getHeads(light));
  expect(() => writeChange(view, "body", type(1, "z"), { wantPatches: false, now })).toThrow(/outdated/);
  expect(() => writeChange({ body: "" }, "body", () => {}, { wantPatches: false, now })).toThrow(RangeError);
});

test("the truth agrees with what is there, and with nothing else", () => {
  let { light } = twins();
  light = writeChange(light, "body", enter(5), { wantPatches: false, now }).doc;
  const truth = truthOf(light);
  const text = "\ufffcOne \ufffc😀 two.";
  expect(truth.length).toBe(text.length);
  for (let from = 0; from <= text.length; from++)
    for (let to = from; to <= text.length; to++) {
      const part = text.slice(from, to);
      expect(truth.agrees(from, part)).toBe(true);
      if (part === "") continue;
      expect(truth.agrees(from, `${part.slice(0, -1)}#`)).toBe(false);
      expect(truth.agrees(from, `#${part.slice(1)}`)).toBe(false);
      const known = part.length <= samplesMax ? part.length : 0;
      for (let i = 0; i < known; i++)
        expect(truth.agrees(from, `${part.slice(0, i)}#${part.slice(i + 1)}`)).toBe(false);
    }
  expect(truth.agrees(text.length - 1, ".#")).toBe(false);
  expect(truth.block(0)).toMatchObject({ type: { val: "paragraph" } });
  expect(truth.block(1)).toBe(null);
});

test("a copy is dropped for good, and only that one", () => {
  let doc = A.from({ kept: "k", dropped: "d" });
  dropCopy(doc, "dropped");
  doc = A.change(doc, (draft) => {
    A.splice(draft, ["kept"], 1, 0, "!");
    A.splice(draft, ["dropped"], 1, 0, "!");
  });
  expect({ ...doc }).toEqual({ kept: "k!" });
  expect(A.toJS(doc)).toEqual({ kept: "k!", dropped: "d!" });
});
