/** Files on their way into a text: where they go, what is refused, and what can be done to them there. */
import type { Node } from "prosemirror-model";
import { undo } from "prosemirror-history";
import { NodeSelection } from "prosemirror-state";
import { expect, it, test } from "vitest";
import { AddingImages } from "./adding-images.ts";
import type { KeptPicture } from "./adding-images.ts";
import { deleteFile, fileAt, insertFile } from "./file-commands.ts";
import { foldersOf, folderWords } from "./images-plugin.ts";
import { fileBytesMax } from "./limits.ts";
import { block, Typist } from "./typist.ts";

const hash = (letter: string): string => letter.repeat(64);
const p = (...content: (string | Node)[]): Node => block("paragraph", null, ...content);
const file = (name: string): Node => block("file", { hash: hash("a"), name });
const upload = (name: string, bytes = 3): File => {
  const made = new File(["abc"], name, { type: "application/x-thing" });
  Object.defineProperty(made, "size", { value: bytes });
  return made;
};

function adding(typist: Typist, isEditable = true, answers: KeptPicture[] = []) {
  const told: string[] = [];
  let ids = 0;
  let kept = 0;
  const target = {
    get state() {
      return typist.state;
    },
    isEditable,
    dispatch: typist.dispatch,
  };
  return {
    told,
    kept: () => kept,
    adding: new AddingImages({
      target,
      keep: () => {
        const answer = answers[kept];
        const sha256 = hash("abcdef"[kept++] ?? "f");
        return Promise.resolve(answer ?? { ok: true, sha256, bytes: 3, type: "application/octet-stream" });
      },
      measure: () => Promise.reject(new Error("no file is opened")),
      tell: (words) => told.push(words),
      newId: () => ++ids,
    }),
  };
}

const textOf = ({ state }: Typist): string =>
  state.doc.textBetween(0, state.doc.content.size, "/", ({ type, attrs }) =>
    type.name === "file" ? `[${attrs["name"] as string}]` : "",
  );

it("several at once stand in their order where the caret was", async () => {
  const typist = new Typist(p("a|b"));
  const { adding: all, told } = adding(typist);
  await all.addAttachments([upload("1.bin"), upload("2.html"), upload("3.exe")], null);
  expect(textOf(typist)).toBe("a[1.bin][2.html][3.exe]b");
  expect(told).toEqual([]);
  undo(typist.state, typist.dispatch);
  expect(textOf(typist)).toBe("a[1.bin][2.html]b");
});

it("in code, where no line takes it, it has a paragraph below", async () => {
  const typist = new Typist(block("code_block", null, "a|b"));
  await adding(typist).adding.addAttachments([upload("1.bin")], null);
  expect(textOf(typist)).toBe("ab/[1.bin]");
});

it("a place that is none any more is no reason to lose it", () => {
  const typist = new Typist(p("ab|"));
  const inserted = insertFile(typist.state, 1_000, file("x"));
  expect(inserted?.tr.doc.lastChild?.lastChild?.attrs["name"]).toBe("x");
});

it.each([
  ["as large as the limit", fileBytesMax, "[big.zip]", []],
  [
    "one byte more",
    fileBytesMax + 1,
    "",
    ["big.zip was not added: it is larger than 100 MB. Keep it where it is, and link to it."],
  ],
  ["empty", 0, "", ["big.zip was not added: it is empty."]],
])("a file that is %s", async (_, bytes, text, words) => {
  const typist = new Typist(p("|"));
  const { adding: all, told } = adding(typist);
  await all.addAttachments([upload("big.zip", bytes)], null);
  expect([textOf(typist), told]).toEqual([text, words]);
});

it("what the disk refuses is said with its name, and the others are there", async () => {
  const typist = new Typist(p("|"));
  const { adding: all, told } = adding(typist, true, [{ ok: false, reason: "The disk is full." }]);
  await all.addAttachments([upload("../a\u202Eb"), upload("2.bin")], null);
  expect(textOf(typist)).toBe("[2.bin]");
  expect(told).toEqual([".. a b was not added: The disk is full."]);
});

it("where nothing may be written it is said, and nothing is stored", async () => {
  const typist = new Typist(p("|"));
  const { adding: all, told, kept } = adding(typist, false);
  await all.addAttachments([upload("1.bin")], null);
  expect([told.length, kept(), textOf(typist)]).toEqual([1, 0, ""]);
});

test("the one that is selected is deleted, and nothing else is", () => {
  const typist = new Typist(p("a|", file("x"), "b"));
  expect(deleteFile(typist.state, typist.dispatch)).toBe(false);
  typist.dispatch(typist.state.tr.setSelection(NodeSelection.create(typist.state.doc, 2)));
  expect(fileAt(typist.state)?.attrs["name"]).toBe("x");
  expect(deleteFile(typist.state, typist.dispatch)).toBe(true);
  expect(textOf(typist)).toBe("ab");
});

test("folders among what is dropped or pasted are told from files, and refused in words", () => {
  const item = (kind: string, name: string, isDirectory: boolean) => ({
    kind,
    webkitGetAsEntry: () => ({ name, isDirectory }),
  });
  const items = [
    item("file", "a.pdf", false),
    item("file", "plans", true),
    item("string", "text", true),
    { kind: "file", webkitGetAsEntry: () => null },
  ];
  expect(foldersOf({ items } as unknown as DataTransfer)).toEqual(new Set(["plans"]));
  expect(folderWords("plans")).toBe(
    "plans was not added: it is a folder. Pack it into an archive (ZIP, for instance), and add that.",
  );
});
