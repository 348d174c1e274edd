/** What the rows do in the window: find its parts, type, and look into the browser's storage. */
import type { Page } from "playwright";
import type { Chunk } from "./documents.ts";
import { crc32 } from "../../../renderer/engine/checksum.ts";

const withinMs = 60_000;
const chunksAtOnce = 500;

/** The window with what `?bench` gives it, loaded anew. */
export async function benchPage(page: Page): Promise<void> {
  // A window that goes while its engine is starting leaves the next one waiting.
  await whenSaved(page);
  await page.goto("app://deckle/index.html?bench");
  await page.getByRole("textbox", { name: "Document text" }).waitFor({ timeout: withinMs });
  await page.waitForFunction(() => "deckleBench" in globalThis);
  await whenSaved(page);
}

export async function whenSaved(page: Page): Promise<void> {
  await page.waitForFunction(
    () => document.querySelector("[aria-label=Status]")?.textContent?.trim().startsWith("Saved") === true,
    undefined,
    { timeout: withinMs },
  );
}

/** Opens a document by its title, and waits until the engine has it open and on the disk. */
export async function openDocument(page: Page, title: string): Promise<void> {
  await page
    .getByRole("navigation", { name: "Library" })
    .getByText(title, { exact: true })
    .click({ timeout: withinMs });
  await page.waitForFunction(
    (expected) => {
      const field = document.querySelector("[aria-label=Title]");
      const shown =
        field instanceof HTMLTextAreaElement || field instanceof HTMLInputElement ? field.value : "";
      return shown === expected && document.querySelector("[contenteditable=true]") !== null;
    },
    title,
    { timeout: withinMs },
  );
  await whenSaved(page);
}

type View = {
  state: {
    doc: { content: { size: number } };
    tr: { insertText(text: string, at: number): unknown; split(at: number): unknown };
  };
  dispatch(transaction: unknown): void;
};
type Bench = { deckleBench: { view(): View } };

/** One keystroke at the document's end, as the editor has it; "\n" begins a paragraph. */
export async function keystroke(page: Page, character: string): Promise<void> {
  await page.evaluate((typed) => {
    const view = (globalThis as unknown as Bench).deckleBench.view();
    const at = view.state.doc.content.size - 1;
    view.dispatch(typed === "\n" ? view.state.tr.split(at) : view.state.tr.insertText(typed, at));
  }, character);
}

/** Milliseconds from a keystroke until the status line says that it is saved, both by the window's clock. */
export function savedAfterMs(page: Page): Promise<number> {
  return page.evaluate(
    (most) =>
      new Promise<number>((resolve, reject) => {
        const line = document.querySelector("[aria-label=Status]");
        const view = (globalThis as unknown as Bench).deckleBench.view();
        if (!line) return reject(new Error("there is no status line"));
        const isSaved = (): boolean => line.textContent?.trim().startsWith("Saved") === true;
        let wasTakenBack = false;
        setTimeout(() => reject(new Error(`not saved within ${most} ms: ${line.textContent}`)), most);
        const startedAt = performance.now();
        const watch = new MutationObserver(() => {
          if (!isSaved()) wasTakenBack = true;
          else if (wasTakenBack) {
            watch.disconnect();
            resolve(performance.now() - startedAt);
          }
        });
        watch.observe(line, { childList: true, characterData: true, subtree: true });
        view.dispatch(view.state.tr.insertText("a", view.state.doc.content.size - 1));
      }),
    withinMs,
  );
}

/** Writes chunks where the engine keeps them, past it: it finds them when it next reads those documents. */
export async function putChunks(
  page: Page,
  documents: readonly { readonly id: string; readonly chunks: readonly Chunk[] }[],
): Promise<void> {
  const all = documents.flatMap(({ id, chunks }) =>
    chunks.map(({ kind, name, bytes }) => ({
      key: [id, kind, name],
      base64: Buffer.from(bytes).toString("base64"),
      check: crc32(bytes),
    })),
  );
  for (let at = 0; at < all.length; at += chunksAtOnce)
    await page.evaluate(
      async (entries) => {
        const database = await new Promise<IDBDatabase>((resolve, reject) => {
          const request = indexedDB.open("automerge");
          request.addEventListener("success", () => resolve(request.result));
          request.addEventListener("error", () => reject(new Error("the documents' database did not open")));
        });
        const transaction = database.transaction("documents", "readwrite", { durability: "strict" });
        const done = new Promise<void>((resolve, reject) => {
          transaction.addEventListener("complete", () => resolve());
          transaction.addEventListener("abort", () => reject(new Error("the chunks were not written")));
        });
        for (const { key, base64, check } of entries) {
          const binary = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
          transaction.objectStore("documents").put({ key, binary, check }, key);
        }
        await done;
        database.close();
      },
      all.slice(at, at + chunksAtOnce),
    );
}

/** The profile's own list of documents, on which these are put. */
export async function localList(page: Page): Promise<string> {
  return page.evaluate(async () => {
    const open = (name: string): Promise<IDBDatabase> =>
      new Promise((resolve, reject) => {
        const request = indexedDB.open(name);
        request.addEventListener("success", () => resolve(request.result));
        request.addEventListener("error", () => reject(new Error(`${name} did not open`)));
      });
    const database = await open("deckle-engine");
    const ids = await new Promise<unknown>((resolve) => {
      const request = database.transaction("meta").objectStore("meta").get("workspaces");
      request.addEventListener("success", () => resolve(request.result));
    });
    database.close();
    if (typeof ids === "object" && ids !== null && "local" in ids && typeof ids.local === "string")
      return ids.local;
    throw new Error("the profile has no list");
  });
}

/** How many chunks there are of each of these documents. */
export function chunkCounts(page: Page, documents: readonly string[]): Promise<number[]> {
  return page.evaluate(async (ids) => {
    const database = await new Promise<IDBDatabase>((resolve, reject) => {
      const request = indexedDB.open("automerge");
      request.addEventListener("success", () => resolve(request.result));
      request.addEventListener("error", () => reject(new Error("the documents' database did not open")));
    });
    const store = database.transaction("documents").objectStore("documents");
    const counts = await Promise.all(
      ids.map(
        (id) =>
          new Promise<number>((resolve) => {
            const request = store.count(IDBKeyRange.bound([id], [id, []]));
            request.addEventListener("success", () => resolve(request.result));
          }),
      ),
    );
    database.close();
    return counts;
  }, documents);
}
