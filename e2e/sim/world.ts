/**
 * One simulated world: relays, clients, and what befalls them, all of it from a seed. The four promises are checked
 * while it goes on, and again when the faults are over and everybody has had time to meet.
 */
import * as A from "@automerge/automerge/slim";
import { generateAutomergeUrl, parseAutomergeUrl } from "@automerge/automerge-repo/slim";
import { concat } from "../../relay/protocol/cbor.ts";
import { bodySpans, titleText, type DeckleDocument } from "../../renderer/document/body.ts";
import { render } from "../../renderer/document/render.ts";
import type { Facts, Session } from "../../renderer/editor/session.ts";
import type { DocumentStatus } from "../../renderer/engine/port.ts";
import { heldBy } from "./chunks.ts";
import { bytesIn, Client, type Window } from "./client.ts";
import { copyArea, documentsArea } from "./disk.ts";
import type { Life, Loop } from "./loop.ts";
import { Network } from "./network.ts";
import { Relay } from "./relay.ts";
import { Alphabet } from "./typed.ts";

/** From the last key to the disk: the coalescing window, the message to the engine, the transaction before and its own. */
const lostWithinMs = 1_000 + 200 + 200;
/** A disk, an engine and a network that were well for so long owe nothing. */
const wellAfterMs = 30_000;

export class World {
  readonly loop: Loop;
  readonly network: Network;
  readonly relays: Relay[];
  readonly clients: Client[];
  readonly alphabet = new Alphabet();
  readonly faults: Record<string, number> = {};
  readonly seen = {
    claims: 0,
    receipts: 0,
    saved: 0,
    unsent: 0,
    lost: 0,
    twice: 0,
    letters: 0,
    documents: 0,
  };
  /** What did not hold. */
  readonly broken: string[] = [];
  /** What the code under test complained of. */
  readonly complaints: string[] = [];

  constructor(loop: Loop) {
    this.loop = loop;
    const { random } = loop;
    this.network = new Network(loop);
    const isApart = random.chance(0.25);
    const count = 1 + random.below(3);
    const workspace = (): string => parseAutomergeUrl(generateAutomergeUrl()).documentId;
    this.relays = Array.from(
      { length: isApart ? count : 1 },
      (_, i) => new Relay(loop, this.network, `relay-${i + 1}`, workspace(), isApart ? 1 : count),
    );
    this.clients = Array.from({ length: 2 + random.below(4) }, (_, i) => {
      const relay = random.chance(0.04) ? null : random.pick(this.relays);
      return new Client(loop, `client-${i + 1}`, relay, this);
    });
  }

  start(): void {
    for (const relay of this.relays) for (const node of relay.nodes) node.start();
    for (const client of this.clients) client.openWindow();
  }

  fault(kind: string): void {
    this.faults[kind] = (this.faults[kind] ?? 0) + 1;
    this.loop.note(`fault ${kind}`);
  }

  breaks(what: string): void {
    this.loop.note(`BROKEN ${what}`);
    this.broken.push(`at ${(this.loop.nowMs / 1000).toFixed(3)} s: ${what}`);
  }

  // What is on a client's disk, and on a relay's.

  /** The chunks of a document that survive whatever happens to the client's processes, in one of their places. */
  chunks(client: Client, document: string, place = documentsArea): Uint8Array[] {
    const chunks: Uint8Array[] = [];
    for (const { key, value } of client.platter.area(place).values()) {
      const [of, kind] = key;
      const bytes = bytesIn(value);
      if (of === document && (kind === "snapshot" || kind === "incremental") && bytes) chunks.push(bytes);
    }
    return chunks;
  }

  documentsOn(client: Client): Set<string> {
    const documents = new Set<string>();
    for (const { key } of client.platter.area(documentsArea).values())
      if (key[1] === "snapshot" || key[1] === "incremental") documents.add(key[0] ?? "");
    return documents;
  }

  /** Whether a disk holds these changes, with all that they depend on. */
  #isDurable(client: Client, document: string, heads: readonly string[], place = documentsArea): boolean {
    const chunks = this.chunks(client, document, place);
    const held = new Set(
      chunks.flatMap((bytes) => [...(heldBy(bytes)?.heads ?? []), ...(heldBy(bytes)?.changes ?? [])]),
    );
    if (heads.every((head) => held.has(head))) return true;
    return A.hasHeads(load(chunks), [...heads]);
  }

  textOn(client: Client, document: string): string {
    return textOf(load(this.chunks(client, document)));
  }

  textAt(relay: Relay | null, document: string): string {
    return relay ? textOf(load(relay.archive.chunks(document))) : "";
  }

  // The code under test speaks.

  status(client: Client, document: string, status: DocumentStatus): void {
    this.seen.claims++;
    const doc = client.engine?.doc(document);
    if (!doc) return;
    const heads = A.getHeads(doc);
    this.loop.note(
      `${client.name} says ${document.slice(0, 4)} ${status.here.state} ${status.unsent ?? "-"}`,
    );
    if (status.here.state === "saved") {
      this.seen.saved++;
      if (!this.#isDurable(client, document, heads))
        this.breaks(`${client.name} says saved of ${document} what is not on its disk: ${heads.join()}`);
      if (status.copy.state === "kept" && !this.#isDurable(client, document, heads, copyArea))
        this.breaks(`${client.name} says kept of ${document} what its copy lacks: ${heads.join()}`);
    }
    if (status.unsent === 0 && client.relay) {
      this.seen.unsent++;
      if (!client.relay.archive.holds(document, heads))
        this.breaks(
          `${client.name} says nothing of ${document} is unsent, and the relay lacks ${heads.join()}`,
        );
    }
  }

  receipt(client: Client, document: string, heads: readonly string[]): void {
    this.seen.receipts++;
    if (!client.relay?.archive.holds(document, heads))
      this.breaks(`${client.name} got a receipt for ${document} that is not in the log`);
  }

  facts(client: Client, window: Window, session: Session, facts: Facts): void {
    const { state, document } = session;
    if (facts.pending || !state) return;
    const text = state.doc.textContent + session.title.value;
    const isSaved = facts.here?.state === "saved";
    const link = session.progress.state;
    this.loop.note(
      `${window.name} (${link}) shows ${document.slice(0, 4)} ${facts.here?.state ?? "-"} ${facts.unsent ?? "-"}`,
    );
    for (const [, typed] of this.alphabet.in(text)) {
      if (typed.by !== client.name) continue;
      if (session.progress.state === "open") typed.takenBy = client.engine;
      if (isSaved) typed.isSaved = true;
      if (isSaved && facts.copy?.state === "kept") typed.isSavedTwice = true;
      if (isSaved && typed.window === window.name) typed.isKnownSaved = true;
    }
    if (!isSaved || !this.loop.random.chance(0.15)) return;
    this.#mustHold(`${window.name} shows saved`, text, this.textOn(client, document));
    if (facts.unsent === 0 && client.relay)
      this.#mustHold(`${window.name} shows nothing unsent`, text, this.textAt(client.relay, document));
  }

  #mustHold(what: string, text: string, held: string): void {
    const there = new Set(held);
    const lacking = [...this.alphabet.in(text)].filter(
      ([char, { isDeleted }]) => !isDeleted && !there.has(char),
    );
    if (lacking.length > 0)
      this.breaks(
        `${what}, and it is not there: ${lacking.map(([char, typed]) => `${char} ${typed.typedAtMs}`).join(", ")}`,
      );
  }

  failed(client: Client, reason: unknown): void {
    this.loop.note(`${client.name}'s engine did not start: ${String(reason)}`);
    if (client.platter.state !== "full")
      this.breaks(`${client.name}'s engine did not start: ${String(reason)}`);
    const { engine } = client;
    // As main.ts: the worker ends, and windows start another.
    if (engine) {
      this.doubt(client, "engine");
      this.died(client.crash("engine"), false);
    }
    this.reckon(client);
  }

  died(lives: readonly Life[], silently: boolean): void {
    for (const life of lives) this.network.died(life, silently);
  }

  /**
   * Before a crash: what its window may send again because it cannot know whether the next engine has it, and what a
   * disk refused, which went out all the same and may come back beside what the journal has of it.
   */
  doubt(client: Client, what: "all" | "engine" | Window): void {
    if (what !== "engine" && !client.diskFailed) return;
    for (const typed of this.alphabet.typed.values())
      if (typed.by === client.name && !typed.isKnownSaved) typed.isInDoubt = true;
  }

  /** After a crash: what of this client's words is nowhere any more was not claimed, and was young. */
  reckon(client: Client): void {
    const shown = new Set<string>();
    for (const window of client.windows)
      for (const session of window.sessions.values())
        for (const char of (session.state?.doc.textContent ?? "") + session.title.value) shown.add(char);
    const kept = new Map<string, Set<string>>();
    const isKept = (document: string, char: string): boolean => {
      let chars = kept.get(document);
      if (!chars) {
        const places = [documentsArea, copyArea].flatMap((place) => this.chunks(client, document, place));
        const here = textOf(load(places)) + this.textAt(client.relay, document);
        const running = client.engine?.doc(document);
        chars = new Set(here + (running ? textOf(running) : ""));
        kept.set(document, chars);
      }
      return chars.has(char);
    };
    for (const [char, typed] of this.alphabet.typed) {
      if (typed.by !== client.name || typed.isDeleted || typed.isLost || shown.has(char)) continue;
      if (isKept(typed.document, char)) continue;
      if (typed.takenBy && typed.takenBy === client.engine) continue;
      typed.isLost = true;
      this.loop.note(`${client.name} lost ${char}`);
      this.seen.lost++;
      const ageMs = this.loop.nowMs - typed.typedAtMs;
      if (client.storageWasLost ? typed.isSavedTwice : typed.isSaved)
        this.breaks(`${client.name} lost ${char}, which was shown as saved, after ${ageMs} ms`);
      const wasWell =
        this.loop.nowMs - Math.max(client.platter.troubledAtMs, client.troubledAtMs) > wellAfterMs;
      if (wasWell && ageMs > lostWithinMs)
        this.breaks(`${client.name} lost ${char}, typed ${ageMs} ms before, with all well`);
    }
  }

  // The end.

  /** The faults are over. */
  heal(): void {
    for (const client of this.clients) {
      this.network.setLine(client.machine, "well");
      client.platter.state = "well";
      if (!client.isRunning) client.openWindow();
    }
    for (const relay of this.relays) {
      relay.archive.isFull = relay.archive.isSlow = false;
      for (const node of relay.nodes) node.start();
    }
  }

  /** Everybody opens everything. */
  openAll(): void {
    for (const { windows } of this.clients)
      for (const window of windows)
        for (const { document } of window.entries)
          if (!window.sessions.has(document)) this.loop.after(0, () => window.open(document), window.life);
  }

  /** Where the world has not come together yet; null where it has. */
  unlevel(): string | null {
    const wanted = new Map<Relay | Client, Set<string>>();
    for (const client of this.clients) wanted.set(client.relay ?? client, new Set());
    for (const { by, document, isDeleted, isLost } of this.alphabet.typed.values()) {
      const client = this.clients.find(({ name }) => name === by);
      if (client && !isDeleted && !isLost) wanted.get(client.relay ?? client)?.add(document);
    }
    for (const client of this.clients) {
      const { engine, relay } = client;
      const [window] = client.windows;
      if (!engine?.engine || !window) return `${client.name} does not run`;
      for (const document of wanted.get(relay ?? client) ?? [])
        if (!window.entries.some((entry) => entry.document === document))
          return `${client.name} does not list ${document}`;
      for (const one of client.windows)
        for (const [document, session] of one.sessions) {
          if (session.progress.state !== "open")
            return `${one.name} has ${document} ${session.progress.state}`;
          const { pending, here, unsent } = session.facts;
          if (pending || here?.state !== "saved") return `${one.name} has not saved ${document}`;
          if (relay && unsent !== 0) return `${one.name} has ${unsent ?? "-"} changes of ${document} to send`;
          const doc = engine.doc(document);
          if (!doc) return `${client.name}'s engine does not have ${document}`;
          const heads = A.getHeads(doc);
          if (relay && headsAt(relay, document) !== heads.join())
            return `${client.name} and its relay have different heads of ${document}`;
          const shown = session.state?.doc;
          if (!shown?.eq(render(bodySpans(doc))))
            return `${one.name} shows another ${document} than its engine has`;
          if (session.title.value !== titleText(doc)) return `${one.name} shows another title of ${document}`;
        }
      for (const document of this.documentsOn(client)) {
        const doc = engine.doc(document);
        if (doc && !this.#isDurable(client, document, A.getHeads(doc)))
          return `${client.name} has not all of ${document} on its disk`;
      }
      for (const { document } of window.entries)
        if (!window.sessions.has(document)) return `${window.name} has not opened ${document}`;
    }
    return null;
  }

  /** What everybody has is what everybody wrote. */
  checkAll(): void {
    for (const client of this.clients) {
      const texts = new Map<string, string>();
      for (const [char, { by, document, isDeleted, isLost, isInDoubt }] of this.alphabet.typed) {
        const author = this.clients.find(({ name }) => name === by);
        if (
          !author ||
          isDeleted ||
          isLost ||
          (author !== client && (!author.relay || author.relay !== client.relay))
        )
          continue;
        let text = texts.get(document);
        if (text === undefined) texts.set(document, (text = this.textOn(client, document)));
        const times = text.split(char).length - 1;
        if (times === 0) this.breaks(`${client.name} lacks ${char} of ${by} in ${document}`);
        if (times > 1) {
          this.seen.twice++;
          // In doubt twice, never not at all.
          if (!isInDoubt) this.breaks(`${client.name} has ${char} of ${by} ${times} times`);
        }
      }
    }
  }
}

function load(chunks: readonly Uint8Array[]): A.Doc<DeckleDocument> {
  const empty = A.init<DeckleDocument>();
  return chunks.length === 0 ? empty : A.loadIncremental(empty, concat([...chunks]));
}

const headsAt = (relay: Relay, document: string): string =>
  A.getHeads(load(relay.archive.chunks(document))).join();

export function textOf(doc: A.Doc<DeckleDocument>): string {
  return `${String(doc.body ?? "")}${titleText(doc)}`;
}
