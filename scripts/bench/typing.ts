/**
 * `bench typing`: the cost of a key press in the real window of the app, beside a bare ProseMirror
 * in the same window. Real key events through Chromium's input pipeline; the time is from the
 * event's own timestamp until the window's DOM is up to date (the last mutation that it caused).
 *
 * Two parts: a replay of a real editing trace, in turns of a few hundred edits in each editor so
 * that both see the same machine, and typing in the middle of documents of growing length.
 */
import type { CDPSession, Page } from "playwright";
import { launchApp, temporaryFolder } from "../app-process.ts";
import { startRelay } from "../relay-process.ts";
import { paperTrace } from "../traces.ts";
import type { Edit } from "../traces.ts";
import { compared, machine } from "./report.ts";
import type { Report, Row } from "./report.ts";

async function traceEdits(most: number): Promise<Edit[]> {
  const { edits } = await paperTrace();
  return edits.slice(0, most);
}

const turnEdits = 250;
const sizes = [
  { size: "1 kB", characters: 1_000 },
  { size: "50 kB", characters: 50_000 },
  { size: "500 kB", characters: 500_000 },
];
const keysPerSize = 600;

type Which = "ours" | "bare";

/** What runs in the page: both editors, and the clock on each key. */
type PageBench = {
  use(which: Which): void;
  /**
   * Puts the caret where the edit is, outside the measured time, and waits for the window to come to
   * rest: a person's next key finds it so, and each key is measured by itself.
   */
  place(which: Which, edit: Edit): Promise<void>;
  text(which: Which): string;
  take(): number[];
};

export async function typing(options: { edits: number }): Promise<Report> {
  const folder = await temporaryFolder();
  const relay = await startRelay({ dataDir: `${folder}/relay` });
  const app = await launchApp({ profile: "bench", dataDir: folder, relay: relay.url });
  const rows: Row[] = [];
  try {
    const { page } = app;
    await page.goto("app://deckle/index.html?bench");
    const cdp = await page.context().newCDPSession(page);
    const edits = await traceEdits(options.edits);
    await prepare(page, 0);
    const replayed = await replay(page, cdp, edits);
    rows.push(
      ...compared(
        { name: "Deckle", operation: `replay of ${edits.length} edits`, unit: "ms" },
        replayed.ours,
        "bare ProseMirror",
        replayed.bare,
      ),
    );
    for (const { size, characters } of sizes) {
      await page.goto("app://deckle/index.html?bench");
      await prepare(page, characters);
      const keys = Array.from({ length: keysPerSize }, (_, i) => ({
        at: Math.floor(characters / 2) + i,
        deleteCount: 0,
        text: "abcdefgh "[i % 9] as string,
      }));
      const typed = await replay(page, cdp, keys);
      rows.push(
        ...compared(
          { name: "Deckle", operation: "key", size, unit: "ms" },
          typed.ours,
          "bare ProseMirror",
          typed.bare,
        ),
      );
    }
  } finally {
    await app.close();
    await relay.stop();
  }
  return { name: "typing", machine: machine(), rows };
}

type Bench = { deckleBench: { view(): { dom: Element } | null } };

/** Opens a new document of about `characters` in the app, and a bare editor beside it. */
async function prepare(page: Page, characters: number): Promise<void> {
  await page.getByRole("textbox", { name: "Document text" }).waitFor();
  await page.waitForFunction(() => "deckleBench" in globalThis);
  const before = await page.evaluateHandle(() => (globalThis as unknown as Bench).deckleBench.view());
  await page.getByRole("button", { name: "New document" }).click();
  await page.waitForFunction((old) => {
    const view = (globalThis as unknown as Bench).deckleBench.view();
    return view !== null && view !== old && view.dom.isConnected;
  }, before);
  await page.evaluate(installBench, characters);
}

/** Runs in the page. Everything that it needs is inside it. */
function installBench(characters: number): void {
  type View = {
    state: {
      doc: {
        content: { size: number };
        childCount: number;
        child(i: number): { content: { size: number }; nodeSize: number };
        toJSON(): unknown;
        textBetween(from: number, to: number, block: string): string;
        resolve(pos: number): unknown;
      };
      tr: { setSelection(s: unknown): unknown; insert(pos: number, nodes: unknown): unknown };
      selection: { constructor: { create(doc: unknown, anchor: number, head?: number): unknown } };
      schema: { text(t: string): unknown; nodes: { paragraph: { create(a: unknown, c: unknown): unknown } } };
    };
    dom: HTMLElement;
    dispatch(tr: unknown): void;
    focus(): void;
  };
  const found = globalThis as unknown as {
    deckleBench: { view(): View; bareEditor(host: HTMLElement, doc: unknown): View };
    pageBench: PageBench;
  };
  const ours = found.deckleBench.view();
  if (characters > 0) {
    const words = "It is a truth universally acknowledged that a document in want of words must be written. ";
    const { schema } = ours.state;
    const paragraphs: unknown[] = [];
    for (let made = 0; made < characters; made += 440)
      paragraphs.push(schema.nodes.paragraph.create(null, schema.text(words.repeat(5).slice(0, 439))));
    ours.dispatch(ours.state.tr.insert(0, paragraphs));
  }
  document.querySelector("#bare")?.remove();
  const scroller = ours.dom.parentElement as HTMLElement;
  const host = scroller.cloneNode(false) as HTMLElement;
  host.id = "bare";
  scroller.after(host);
  const bare = found.deckleBench.bareEditor(host, ours.state.doc.toJSON());
  bare.dom.className = ours.dom.className;

  const samples: number[] = [];
  let startedAt = 0;
  let doneAt = 0;
  const settle = (): void => {
    if (startedAt > 0 && doneAt > 0) samples.push(doneAt - startedAt);
    startedAt = 0;
    doneAt = 0;
  };
  addEventListener(
    "keydown",
    (event) => {
      settle();
      startedAt = event.timeStamp;
    },
    { capture: true },
  );
  const changed = new MutationObserver(() => (doneAt = performance.now()));
  for (const view of [ours, bare])
    changed.observe(view.dom, { childList: true, characterData: true, subtree: true, attributes: true });

  const view = (which: Which): View => (which === "ours" ? ours : bare);
  // The trace counts characters with "\n" between paragraphs.
  const positionOf = ({ state: { doc } }: View, at: number): number => {
    let rest = at;
    let pos = 0;
    for (let i = 0; i < doc.childCount; i++) {
      const child = doc.child(i);
      if (rest <= child.content.size) return pos + 1 + rest;
      rest -= child.content.size + 1;
      pos += child.nodeSize;
    }
    throw new RangeError(`the trace edits at ${at}, past the end`);
  };
  found.pageBench = {
    use: (which) => {
      scroller.hidden = which !== "ours";
      host.hidden = which !== "bare";
      view(which).focus();
    },
    place: async (which, { at, deleteCount }) => {
      const one = view(which);
      // A caret and Backspace for one character, as a person would.
      const anchor = positionOf(one, at + deleteCount);
      const { selection } = one.state as unknown as { selection: { anchor: number; head: number } };
      if (selection.anchor !== anchor || selection.head !== anchor) {
        const kind = one.state.selection.constructor;
        one.dispatch(one.state.tr.setSelection(kind.create(one.state.doc, anchor)));
      }
      await new Promise<void>((resolve) => requestIdleCallback(() => resolve(), { timeout: 200 }));
    },
    text: (which) => view(which).state.doc.textBetween(0, view(which).state.doc.content.size, "\n"),
    take: () => {
      settle();
      return samples.splice(0);
    },
  };
}

async function replay(page: Page, cdp: CDPSession, edits: readonly Edit[]): Promise<Record<Which, number[]>> {
  const samples: Record<Which, number[]> = { ours: [], bare: [] };
  for (let from = 0; from < edits.length; from += turnEdits) {
    const turn = edits.slice(from, from + turnEdits);
    // Who goes first changes from turn to turn.
    const order: Which[] = (from / turnEdits) % 2 === 0 ? ["ours", "bare"] : ["bare", "ours"];
    for (const which of order) {
      await page.evaluate(
        (name) => (globalThis as unknown as { pageBench: PageBench }).pageBench.use(name),
        which,
      );
      for (const edit of turn) {
        await page.evaluate(
          ([name, one]) => (globalThis as unknown as { pageBench: PageBench }).pageBench.place(name, one),
          [which, edit] as const,
        );
        await press(cdp, edit);
      }
      samples[which].push(
        ...(await page.evaluate(() => (globalThis as unknown as { pageBench: PageBench }).pageBench.take())),
      );
    }
  }
  const [ours, bare] = await page.evaluate(() => {
    const { pageBench } = globalThis as unknown as { pageBench: PageBench };
    return [pageBench.text("ours"), pageBench.text("bare")];
  });
  if (ours !== bare) throw new Error("the two editors hold different text: the replay is not a comparison");
  if (samples.ours.length < edits.length * 0.99)
    throw new Error(`only ${samples.ours.length} of ${edits.length} keys were measured`);
  return samples;
}

/** One key press as Chromium gets it from the system. */
async function press(cdp: CDPSession, { deleteCount, text }: Edit): Promise<void> {
  const [key, code, windowsVirtualKeyCode, typed] =
    deleteCount > 0
      ? ["Backspace", "Backspace", 8, ""]
      : text === "\n"
        ? ["Enter", "Enter", 13, "\r"]
        : [text, "", 0, text];
  await cdp.send("Input.dispatchKeyEvent", {
    type: typed ? "keyDown" : "rawKeyDown",
    key,
    code,
    windowsVirtualKeyCode,
    text: typed,
  });
  await cdp.send("Input.dispatchKeyEvent", { type: "keyUp", key, code, windowsVirtualKeyCode });
}
