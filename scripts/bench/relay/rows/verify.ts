/**
 * Not a measurement: what light clients send and get is put into real documents, and must be the same text everywhere.
 * Three documents are compared: one made of what a reader got live, one of what a newcomer gets, and, where the
 * protocol is automerge-repo's, the one that an unmodified automerge-repo finds.
 */
import * as A from "@automerge/automerge";
import { Repo, type AutomergeUrl } from "@automerge/automerge-repo";
import { WebSocketClientAdapter } from "@automerge/automerge-repo-network-websocket";
import * as Y from "yjs";
import { openLoop, settle, sleep, type Bench, type Figure } from "../bench.ts";
import { servers } from "../servers.ts";

const baseChars = 2_000;
const edits = 60;

export async function verify(bench: Bench): Promise<Figure[]> {
  const scene = await bench.scene({ kind: "text", chars: baseChars, charsPerChange: 100 });
  const isAutomerge = servers[bench.name].dialect === "automerge";
  const live = isAutomerge ? new AutomergeText() : new YjsText();
  const late = isAutomerge ? new AutomergeText() : new YjsText();
  const reader = scene.listener(50, (bytes) => live.take(bytes));
  await reader.join();
  const writers = await bench.crowd(scene, 3);
  await openLoop(edits, 1, (i) => writers[i % writers.length]?.edit());
  if (!(await settle(() => reader.received >= edits, 10_000)))
    throw new Error(`of ${edits} edits ${reader.received} came through`);
  await sleep(500);
  const newcomer = scene.listener(51, (bytes) => late.take(bytes));
  await newcomer.join(undefined, reader.standing());
  const texts = [live.text(), late.text()];
  if (isAutomerge) texts.push(await foundByRepo(bench.server.url, scene.documentId));
  const [first = ""] = texts;
  if (first.length !== baseChars + edits)
    throw new Error(`a text of ${first.length} characters, not ${baseChars + edits}`);
  if (texts.some((each) => each !== first)) throw new Error("the texts differ");
  return [];
}

/** In whatever order and how often changes come. */
class AutomergeText {
  #document = A.init<{ text: string }>();
  take(bytes: Buffer): void {
    this.#document = A.loadIncremental(this.#document, Uint8Array.from(bytes));
  }
  text(): string {
    return this.#document.text;
  }
}

class YjsText {
  readonly #document = new Y.Doc();
  take(bytes: Buffer): void {
    Y.applyUpdate(this.#document, Uint8Array.from(bytes));
  }
  text(): string {
    // The type of the shared text is known only once it was asked for.
    return this.#document.getText("text").toJSON();
  }
}

async function foundByRepo(url: string, documentId: string): Promise<string> {
  const adapter = new WebSocketClientAdapter(url, 0);
  const repo = new Repo({ network: [adapter] });
  await adapter.whenReady();
  const handle = await repo.find<{ text: string }>(`automerge:${documentId}` as AutomergeUrl);
  const { text } = handle.doc();
  adapter.disconnect();
  return text;
}
