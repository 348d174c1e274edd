/**
 * A document that a program which is no Deckle writes into, through a real relay: addresses that are scripts, attributes
 * of the wrong kind and of any length, paths that go on for ever. The window that shows it stays whole, and so does
 * what is copied out of it.
 */
import type { DocHandle, Repo } from "@automerge/automerge-repo";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { runOperations, type DeckleDocument } from "../../renderer/document/body.ts";
import type { Container } from "../../renderer/document/block.ts";
import type { Operation } from "../../renderer/document/operations.ts";
import type { Scalar } from "../../renderer/document/scalar.ts";
import { Stage } from "../../relay/harness.ts";
import { documentJson } from "../document-json.ts";
import { documentOf, focusText, newDocument, status, text, textOf, type, untilMs } from "../page.ts";
import { useStage } from "../stage.ts";
import { strangeIn, wrongWith } from "./harm.ts";

const stage = useStage();

/** One paragraph, or whatever it says it is, and what lies over its text. */
interface Written {
  readonly type?: string;
  readonly parents?: readonly Container[];
  readonly attrs?: Readonly<Record<string, Scalar>>;
  readonly words?: string;
  readonly marks?: Readonly<Record<string, Scalar>>;
}

const script = "window.deckleHurt=1";
const link = (href: unknown, title: unknown = ""): Written => ({
  words: "https://bank.example",
  marks: { link: JSON.stringify({ href, title }) },
});
const embed = (kind: string, attrs: Readonly<Record<string, Scalar>>): Written => ({
  words: "\ufffc",
  marks: {
    embed: kind,
    ...Object.fromEntries(Object.entries(attrs).map(([name, v]) => [`embed/${name}`, v])),
  },
});
const inside = (count: number, kind: (at: number) => string): Container[] =>
  Array.from({ length: count }, (_, at) => ({ type: kind(at), id: `deep${at}` }));

const hostile = (stranger: string): Written[] => [
  ...[
    `javascript:${script}`,
    `JaVa\tScRiPt:${script}`,
    `\u0001 javascript:${script}`,
    `java\nscript:${script}`,
    "vbscript:msgbox(1)",
    `data:text/html,<script>${script}</script>`,
    "file:///etc/passwd",
    "app://deckle/engine.js",
    "blob:app://deckle/1",
    "https://bank.example@evil.example/",
    "https://evil.example/\u202emoc.knab",
    `https://evil.example/${"a".repeat(100_000)}`,
    7,
    null,
    { toString: "x" },
  ].map((href) => link(href)),
  link("https://a.example", "t".repeat(100_000)),
  { words: "x", marks: { link: "not JSON" } },
  { words: "x", marks: { link: "null" } },
  { words: "x", marks: { link: 7, strong: "yes", 'comment:"><script>': true } },
  { words: "x", marks: { highlight: `red;background:url(${stranger}/h.png)` } },
  { words: "x", marks: { highlight: `url(${stranger}/i.png)`, __proto__x: 1, constructor: true } },
  { words: "x", marks: Object.fromEntries(Array.from({ length: 300 }, (_, at) => [`glow${at}`, true])) },
  { words: "x", marks: { ["n".repeat(50_000)]: true, onclick: script } },
  ...[
    "data:image/svg+xml,<svg onload='1'/>",
    `javascript:${script}`,
    `${stranger}/e.png`,
    "file:///etc/passwd",
  ].flatMap((source) => [
    embed("image_inline", { source, alt: "a" }),
    { type: "image", attrs: { source, alt: source } },
  ]),
  embed("image_inline", { hash: "../../etc/passwd", mediaType: "text/html", size: -1, width: 1e9 }),
  embed("image_inline", { source: `data:image/png;base64,${"A".repeat(500_000)}`, alt: "b".repeat(200_000) }),
  embed("file", { hash: "a".repeat(64), name: "../../x.exe", mediaType: "<b>" }),
  embed("document_link", { document: `javascript:${script}`, title: "<img src=x onerror=1>" }),
  embed("footnote_reference", { footnote: "__proto__" }),
  embed("script", { src: `${stranger}/s.js` }),
  embed("__proto__", { x: 1 }),
  { type: "heading", attrs: { level: `1 onload=${script}` }, words: "level" },
  { type: "heading", attrs: { level: 1e9 }, words: "level" },
  { type: "script", words: script },
  { type: "__proto__", words: "x" },
  { type: "constructor", attrs: { __proto__: "x", toString: 1 }, words: "x" },
  { type: "t".repeat(100_000), words: "x" },
  { type: "code_block", attrs: { language: '"><script>' }, words: "<script>" },
  { type: "math_block", words: `\\href{javascript:${script}}{x} \\htmlData{a=b}{x} \\def\\a{\\a\\a}\\a` },
  {
    type: "image",
    attrs: { hash: "b".repeat(64), naturalWidth: 100_000, naturalHeight: 100_000, alt: "big" },
  },
  { parents: [{ type: "callout", id: "c1" }], attrs: { "c1/kind": '"><script>' }, words: "x" },
  { parents: [{ type: "script", id: "<script>" }], words: "x" },
  { parents: [{ type: "__proto__", id: "__proto__" }], words: "x" },
  { parents: [{ type: "list_item", id: "" }], words: "an item without a list" },
  {
    parents: [
      { type: "table", id: "t1" },
      { type: "table_row", id: "r1" },
      { type: "table_cell", id: "k1" },
    ],
    attrs: { "k1/colspan": 1000, "k1/rowspan": 1000, "k1/colwidth": "999999,999999" },
    words: "a million cells",
  },
  {
    parents: [
      { type: "ordered_list", id: "o1" },
      { type: "list_item", id: "o2" },
    ],
    attrs: { "o1/start": 1e300 },
    words: "x",
  },
  { parents: inside(2_000, () => "blockquote"), words: "deep quotes" },
  { parents: inside(2_000, (at) => (at % 2 === 0 ? "bullet_list" : "list_item")), words: "deep lists" },
  { parents: inside(600, (at) => ["table", "table_row", "table_cell"][at % 3] ?? ""), words: "deep tables" },
  { parents: inside(1_000, () => "galaxy"), words: "deep unknown" },
  { words: `pay ${"\u202e".repeat(500)}gnihton \u2066\u2067` },
  { words: `\u200b\u200d\ufeff\u2060`.repeat(2_000) },
  { words: "a\0b\u0007c" },
  { words: `x${"\u0301".repeat(20_000)}` },
  { words: "w".repeat(200_000) },
];

function operationsOf(written: readonly Written[], start: number): Operation[] {
  let at = start;
  return written.flatMap(({ type: kind = "paragraph", parents = [], attrs = {}, words = "", marks = {} }) => {
    const from = at + 1;
    const operations: Operation[] = [
      { type: "insertBlock", at, block: { type: kind, parents: [...parents], attrs: { ...attrs } } },
    ];
    if (words !== "") operations.push({ type: "splice", at: from, deleteCount: 0, text: words });
    for (const [name, value] of Object.entries(marks))
      operations.push({ type: "mark", from, to: from + words.length, name, value });
    at = from + words.length;
    return operations;
  });
}

async function opened(repo: Repo, id: string): Promise<DocHandle<DeckleDocument>> {
  let handle: DocHandle<DeckleDocument> | null = null;
  await expect
    .poll(
      async () => {
        handle = await repo
          .find<DeckleDocument>(`automerge:${id}` as DocHandle<DeckleDocument>["url"])
          .catch(() => null);
        return handle !== null;
      },
      { timeout: untilMs },
    )
    .toBe(true);
  if (handle === null) throw new Error("not found");
  return handle;
}

/** The tags of what ProseMirror wrote that are not what we write; a "<" in an attribute is none. */
function strangeTags(html: string): string[] {
  const tags = html.matchAll(/<([a-z][^\s>]*)((?:\s+[^\s=>]+(?:="[^"]*")?)*)\s*>/gi);
  return [...tags].flatMap(([tag, name = "", attributes = ""]) => {
    const given = [...attributes.matchAll(/([^\s=]+)(?:="([^"]*)")?/g)];
    const isStrange =
      /^(?:script|iframe|object|embed|form|style|svg|link|base|template)$/i.test(name) ||
      given.some(
        ([, attribute = "", value = ""]) =>
          /^(?:on|src|srcset|srcdoc|ping|background)/i.test(attribute) ||
          (/^(?:href|data-source)$/.test(attribute) &&
            /^\s*(?!https?:|mailto:|data:image\/)[a-z]+:/i.test(value)) ||
          (attribute === "style" && /url|expression|@/i.test(value)),
      );
    return isStrange ? [tag.slice(0, 200)] : [];
  });
}

test("what a foreign program writes runs nothing, asks for nothing, and leaves a page to write on", async () => {
  const heard: string[] = [];
  const server = createServer((request, response) => {
    heard.push(request.url ?? "");
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  stage.also(() => new Promise((resolve) => server.close(resolve)));
  const stranger = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const folder = await stage.folder();
  const relay = await stage.serve(folder);
  const { page, app, problems } = await stage.launch(folder, "victim", relay);
  await status(page, /relay/i);
  await newDocument(page, "Shared");
  await type(page, "mine");
  await status(page, /On the relay/);

  const foreign = new Stage();
  stage.also(() => foreign.end());
  const handle = await opened(foreign.repo(relay.url), await documentOf(page));
  for (const one of hostile(stranger))
    handle.change((draft) => runOperations(draft, operationsOf([one], draft.body.length)));
  handle.change((draft) =>
    runOperations(draft, operationsOf([{ words: "the end of it" }], draft.body.length)),
  );

  await expect.poll(() => textOf(page), { timeout: 60_000 }).toContain("the end of it");
  const before = performance.now();
  await type(page, " zebra");
  await expect.poll(() => textOf(page), { timeout: untilMs }).toContain("zebra");
  const usableMs = performance.now() - before;
  expect(await textOf(page)).toContain("mine");
  expect(await strangeIn(page)).toEqual({ isHurt: false, strange: "" });
  expect(wrongWith(JSON.parse(await documentJson(page)))).toBe("");
  await status(page, /On the relay/);
  // It is what the other program has as well.
  await expect.poll(() => handle.doc().body.includes("zebra"), { timeout: untilMs }).toBe(true);

  await focusText(page);
  await page.keyboard.press("ControlOrMeta+A");
  const copied = await text(page).evaluate((dom) => {
    const clipboardData = new DataTransfer();
    dom.dispatchEvent(new ClipboardEvent("copy", { clipboardData, bubbles: true, cancelable: true }));
    return clipboardData.getData("text/html");
  });
  expect(copied).toContain("zebra");
  expect(strangeTags(copied)).toEqual([]);

  expect(app.windows()).toHaveLength(1);
  expect(heard).toEqual([]);
  // Chromium tells the console of each picture that has not come, which the foreign program never sends.
  expect(problems.filter((one) => !/the server responded with a status of 404/.test(one))).toEqual([]);
  expect(usableMs).toBeLessThan(5_000);
});
