import { Slice } from "prosemirror-model";
import type { Node } from "prosemirror-model";
import { undo } from "prosemirror-history";
import { TextSelection } from "prosemirror-state";
import { expect, it } from "vitest";
import { AddingImages } from "./adding-images.ts";
import type { AddingOptions, KeptPicture } from "./adding-images.ts";
import { fileFrom } from "./data-images.ts";
import { deleteImage, imageAt, setAltText, widen } from "./image-commands.ts";
import { insertImage } from "./insert-image.ts";
import { pictureBytesMax } from "./limits.ts";
import { cleanedSlice } from "./paste.ts";
import { block, Typist } from "./typist.ts";

const hash = (letter: string): string => letter.repeat(64);
const p = (text: string): Node => block("paragraph", null, text);
const png = (name: string): File => new File([name], name, { type: "image/png" });

type Held = {
  typist: Typist;
  adding: AddingImages;
  told: string[];
  keep: (kept?: KeptPicture) => Promise<void>;
};

/** A text, and a disk that takes a picture when the test says so. */
function held(typist: Typist, options: Partial<AddingOptions> = {}): Held {
  const told: string[] = [];
  const waiting: ((kept: KeptPicture) => void)[] = [];
  let ids = 0;
  const target = {
    get state() {
      return typist.state;
    },
    isEditable: true,
    dispatch: typist.dispatch,
  };
  const adding = new AddingImages({
    target,
    keep: () => new Promise((resolve) => waiting.push(resolve)),
    measure: () => Promise.resolve({ width: 40, height: 20 }),
    tell: (words) => told.push(words),
    newId: () => ++ids,
    ...options,
  });
  let stored = 0;
  const keep = async (kept?: KeptPicture): Promise<void> => {
    await expect.poll(() => waiting.length).toBeGreaterThan(0);
    const letter = "abcdef"[stored++] ?? "f";
    waiting.shift()?.(kept ?? { ok: true, sha256: hash(letter), bytes: 7, type: "image/png" });
  };
  return { typist, adding, told, keep };
}

/** The hashes' first letters, in the order of the text. */
const lettersOf = (typist: Typist): string => {
  let letters = "";
  typist.state.doc.descendants((node) => {
    if (node.type.name.startsWith("image")) letters += (node.attrs["hash"] as string)[0] ?? "-";
  });
  return letters;
};

it("a picture is inserted once it is stored, with its hash, type and sizes, and not before", async () => {
  const { typist, adding, keep } = held(new Typist(p("|")));
  const added = adding.addFiles([png("x.png")], null);
  expect(typist.shown).toBe("p[|]");
  await keep();
  await added;
  expect(typist.shown).toBe("image[] p[|]");
  expect(typist.state.doc.firstChild?.attrs).toMatchObject({
    hash: hash("a"),
    mediaType: "image/png",
    size: 7,
    naturalWidth: 40,
    naturalHeight: 20,
  });
});

it.each([
  ["at the end", [p("one|"), p("two")], "p[one|] image[] p[two]"],
  ["in the middle", [p("o|ne"), p("two")], "p[o|ne] image[] p[two]"],
  ["at the start", [p("one"), p("|two")], "p[one] image[] p[|two]"],
  ["in an empty paragraph", [p("one"), p("|"), p("two")], "p[one] image[] p[|two]"],
  ["in a heading", [block("heading", null, "on|e")], "heading[on|e] image[]"],
  ["in a caption", [block("image", { hash: "h" }, "|")], "image[|] image[]"],
  ["in code", [block("code_block", null, "co|de")], "code_block[co|de] image[]"],
  [
    "in an item",
    [block("bullet_list", { id: "l" }, block("list_item", { id: "i" }, p("on|e")))],
    "bullet_list[li[p[on|e] image[]]]",
  ],
  [
    "in a cell",
    [
      block(
        "table",
        { id: "t" },
        block("table_row", { id: "r" }, block("table_cell", { id: "c" }, p("on|e"))),
      ),
    ],
    "table[tr[td[p[on|e] image[]]]]",
  ],
])("the caret %s: the picture stands beside the text, which is never split", async (_, blocks, shown) => {
  const { typist, adding, keep } = held(new Typist(...blocks));
  const added = adding.addFiles([png("x.png")], null);
  await keep();
  await added;
  expect(typist.shown).toBe(shown);
});

it("what is typed meanwhile stays as it was typed, and the picture where it was put", async () => {
  const { typist, adding, keep } = held(new Typist(p("one|"), p("two")));
  const added = adding.addFiles([png("x.png")], null);
  typist.type(" and\nmore");
  await keep();
  await added;
  expect(typist.shown).toBe("p[one and] image[] p[more|] p[two]");
});

it("what others write before it moves it along", async () => {
  const { typist, adding, keep } = held(new Typist(p("one"), p("|two")));
  const added = adding.addFiles([png("x.png")], null);
  typist.dispatch(typist.state.tr.insert(0, p("theirs")));
  await keep();
  await added;
  expect(typist.shown).toBe("p[theirs] p[one] image[] p[|two]");
});

it("where its paragraph is deleted meanwhile it stands where that was", async () => {
  const { typist, adding, keep } = held(new Typist(p("one"), p("t|wo"), p("three")));
  const added = adding.addFiles([png("x.png")], null);
  typist.dispatch(typist.state.tr.delete(5, 10));
  await keep();
  await added;
  expect(lettersOf(typist)).toBe("a");
  expect(typist.shown).toMatch(/^p\[one\] image\[\] p\[/);
});

it("several come in their order, one below the other, while somebody types on", async () => {
  const { typist, adding, keep } = held(new Typist(p("|")));
  const added = adding.addFiles([png("1.png"), png("2.png"), png("3.png")], null);
  await keep();
  await expect.poll(() => lettersOf(typist)).toBe("a");
  typist.type("text");
  await keep();
  await keep();
  await added;
  expect(lettersOf(typist)).toBe("abc");
  expect(typist.shown).toBe("image[] image[] image[] p[text|]");
});

it("a place that was given is taken, wherever the caret is", async () => {
  const { typist, adding, keep } = held(new Typist(p("one"), p("two|")));
  const added = adding.addFiles([png("x.png")], 3);
  await keep();
  await added;
  expect(typist.shown).toBe("p[one] image[] p[two|]");
});

it("the picture is undone by itself", async () => {
  const { typist, adding, keep } = held(new Typist(p("|")));
  typist.type("text");
  const added = adding.addFiles([png("x.png")], null);
  await keep();
  await added;
  undo(typist.state, typist.dispatch);
  expect(typist.shown).toBe("p[text|]");
});

it("one that cannot be stored is refused in words, and the others come", async () => {
  const { typist, adding, told, keep } = held(new Typist(p("|")));
  const added = adding.addFiles([png("full.png"), png("2.png")], null);
  await keep({ ok: false, reason: "The disk is full. Free some space, and try again." });
  await keep();
  await added;
  expect(told).toEqual(["full.png was not added: The disk is full. Free some space, and try again."]);
  expect(lettersOf(typist)).toBe("b");
});

it("a picture of the largest size is taken, one byte more is refused in words", async () => {
  const sized = (size: number): File => Object.defineProperty(png("big.png"), "size", { value: size });
  const { typist, adding, told, keep } = held(new Typist(p("|")));
  await adding.addFiles([sized(pictureBytesMax + 1)], null);
  expect(told).toEqual(["big.png was not added: it is larger than 100 MB. Make it smaller, and try again."]);
  expect(typist.shown).toBe("p[|]");
  const added = adding.addFiles([sized(pictureBytesMax)], null);
  await keep();
  await added;
  expect(lettersOf(typist)).toBe("a");
});

it("what is no picture is refused in words and not stored", async () => {
  const { typist, adding, told } = held(new Typist(p("|")), { measure: () => Promise.resolve(null) });
  await adding.addFiles([png("fake.png")], null);
  expect(told).toHaveLength(1);
  expect(told[0]).toMatch(/^fake\.png was not added: it is no picture that Deckle can show\./);
  expect(typist.shown).toBe("p[|]");
});

it("where nothing may be written any more the picture is refused in words", async () => {
  const typist = new Typist(p("|"));
  const target = { state: typist.state, isEditable: true, dispatch: typist.dispatch };
  const { adding, told, keep } = held(typist, { target });
  const added = adding.addFiles([png("x.png")], null);
  target.isEditable = false;
  await keep();
  await added;
  expect(told).toEqual(["The picture was not added: nothing can be written here now."]);
  expect(lettersOf(typist)).toBe("");
});

const address = "data:image/png;base64,aGVsbG8=";

it("text that has pictures written out in it is pasted with their hashes, in place of the selection", async () => {
  const { typist, adding, keep } = held(new Typist(p("a |old| b")));
  const picture = block("image_inline", { source: address, alt: "x" });
  const other = block("image_inline", { source: "https://example.org/x.png" });
  const pasted = block("doc", null, block("paragraph", null, "new ", picture, other));
  const added = adding.addSlice(cleanedSlice(new Slice(pasted.content, 1, 1), null), null);
  typist.type("!");
  await keep();
  await added;
  expect(typist.state.doc.textBetween(0, typist.state.doc.content.size)).toBe("a new ! b");
  const [, image, web] = typist.state.doc.firstChild?.children ?? [];
  expect(image?.attrs).toMatchObject({ hash: hash("a"), source: "", alt: "x", mediaType: "image/png" });
  expect(web?.attrs).toMatchObject({ hash: "", source: "https://example.org/x.png" });
});

it("a written out picture that cannot be stored leaves its text, and is never in the document itself", async () => {
  const { typist, adding, told, keep } = held(new Typist(p("|")));
  const picture = block("image_inline", { source: address });
  const pasted = block("doc", null, block("paragraph", null, "new ", picture));
  const added = adding.addSlice(new Slice(pasted.content, 1, 1), null);
  await keep({ ok: false, reason: "no" });
  await added;
  expect(told).toHaveLength(1);
  expect(JSON.stringify(typist.state.doc)).not.toContain("data:");
  expect(typist.state.doc.textContent).toBe("new ");
});

it("one that is all that was pasted is a block of its own", async () => {
  const { typist, adding, keep } = held(new Typist(p("|")));
  const picture = block("image_inline", { source: address, alt: "x" });
  const pasted = block("doc", null, block("paragraph", null, picture));
  const added = adding.addSlice(new Slice(pasted.content, 1, 1), null);
  await keep();
  await added;
  expect(typist.shown).toBe("image[] p[|]");
  expect(typist.state.doc.firstChild?.attrs).toMatchObject({ hash: hash("a"), alt: "x", source: "" });
});

it.each([
  [address, "image/png", "hello"],
  ["data:image/svg+xml,%3Csvg/%3E", "image/svg+xml", "<svg/>"],
  ["data:IMAGE/PNG;charset=x;base64,aGVsbG8%3D", "image/png", "hello"],
])("%s is a file", async (source, type, text) => {
  const file = fileFrom(source);
  expect(file?.type).toBe(type);
  expect(await file?.text()).toBe(text);
});

it.each(["data:image/png;base64,#", "data:text/html,x", "data:image/png", "data:image/png,%", "https://x"])(
  "%s is none",
  (source) => expect(fileFrom(source)).toBeNull(),
);

it("a copied image that is pasted keeps its hash", () => {
  const image = block("image", { hash: hash("a"), width: 30, naturalWidth: 40 }, "caption");
  const cleaned = cleanedSlice(new Slice(block("doc", null, image).content, 0, 0), null);
  expect(cleaned.content.firstChild?.attrs).toMatchObject({ hash: hash("a"), width: 30, naturalWidth: 40 });
});

it("at an image, or in its caption: its description is set, it is made wider, and deleted", () => {
  const typist = new Typist(block("image", { hash: hash("a"), width: 100 }, "cap|tion"), p("text"));
  expect(imageAt(typist.state)?.pos).toBe(0);
  setAltText("a vat")(typist.state, typist.dispatch);
  expect(typist.state.doc.firstChild?.attrs["alt"]).toBe("a vat");
  widen(typist.state, typist.dispatch);
  expect(typist.state.doc.firstChild?.attrs["width"]).toBe(125);
  deleteImage(typist.state, typist.dispatch);
  expect(typist.state.doc.childCount).toBe(1);
  expect(imageAt(typist.state)).toBeNull();
  expect(setAltText("x")(typist.state, typist.dispatch)).toBe(false);
});

it("an image may go in anywhere: the document stays valid", () => {
  const { state } = new Typist(
    block("heading", null, "a"),
    block("bullet_list", { id: "l" }, block("list_item", { id: "i" }, p("b"), p(""))),
    block(
      "table",
      { id: "t" },
      block(
        "table_row",
        { id: "r" },
        block("table_cell", { id: "c" }, p("")),
        block("table_cell", { id: "d" }, p("x")),
      ),
    ),
    block("horizontal_rule", null),
    block("image", { hash: "h" }, "c"),
    block("code_block", null, "d"),
  );
  for (let pos = 0; pos <= state.doc.content.size; pos++) {
    const inserted = insertImage(state, pos, block("image", { hash: hash("a") }));
    expect(inserted).not.toBeNull();
    inserted?.tr.doc.check();
    expect(inserted?.tr.doc.resolve(inserted.after).nodeBefore?.attrs["hash"]).toBe(hash("a"));
    const caret = state.apply(state.tr.setSelection(TextSelection.near(state.doc.resolve(pos))));
    expect(insertImage(caret, pos, block("image", null))).not.toBeNull();
  }
});
