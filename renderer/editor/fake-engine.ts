/**
 * For tests: an engine of one document behind a connection whose messages are delivered when the
 * test says so. It can die, and come back with what it had "on disk".
 */
import type { Node } from "prosemirror-model";
import { Transform } from "prosemirror-transform";
import type { Step } from "prosemirror-transform";
import { Authority } from "../document/authority.ts";
import { engineClientId } from "../engine/port.ts";
import type { FromEngine, FromWindow, Heads, NodeJson, StepJson } from "../engine/port.ts";
import type { SessionOptions } from "./session.ts";

export const documentId = "test";

type Port = { toEngine: FromWindow[]; toWindow: FromEngine[]; isOpen: boolean; clientId: string | null };

export class FakeEngine {
  disk: Node;
  title = "";
  /** What the CRDT would have from elsewhere: others' edits are made against it. */
  #authority: Authority;
  #nextId = 0;
  #nextHead = 0;
  #written: { heads: string[]; doc: Node }[] = [];
  /** What the disk has, or the relay, where the next engine finds it. */
  #kept: string[] = [];
  #deaths = 0;
  #taken = new Map<string, number>();
  #ports = new Set<Port>();
  #restarts = new Set<() => void>();

  constructor(doc: Node) {
    this.disk = doc;
    this.#authority = new Authority(doc, this.#newId);
  }

  #newId = (): string => `e${this.#nextId++}`;

  get doc(): Node {
    return this.#authority.doc;
  }

  /** A window's connection, and what moves its messages. */
  connect(): { connection: SessionOptions["connection"]; pump: (messagesMax?: number) => boolean } {
    let port: Port = this.#newPort();
    const listeners = new Set<(message: FromEngine) => void>();
    const restarts = new Set<() => void>();
    const restart = (): void => {
      this.#ports.delete(port);
      port = this.#newPort();
      for (const listener of restarts) listener();
    };
    this.#restarts.add(restart);
    return {
      connection: {
        send: (message) => void port.toEngine.push(structuredClone(message)),
        ask: () => new Promise(() => {}),
        subscribe: (listener) => {
          listeners.add(listener);
          return () => listeners.delete(listener);
        },
        onRestart: (listener) => {
          restarts.add(listener);
          return () => restarts.delete(listener);
        },
        restart,
      },
      pump: (messagesMax = Infinity) => {
        let moved = false;
        for (let i = 0; i < messagesMax; i++) {
          const up = port.toEngine.shift();
          if (up) this.#receive(port, up);
          const down = port.toWindow.shift();
          if (down) for (const listener of listeners) listener(down);
          if (!up && !down) break;
          moved = true;
        }
        return moved;
      },
    };
  }

  /** Somebody else's edit, from the relay. */
  remote(change: (tr: Transform) => void): void {
    this.#authority.takeOperations();
    const tr = new Transform(this.doc);
    change(tr);
    const version = this.#authority.version;
    this.#broadcast(version, this.#authority.follow(tr.doc), engineClientId);
  }

  /** What was accepted is written, and the windows are told. */
  write(): void {
    const heads = this.#write();
    const { version } = this.#authority;
    for (const port of this.#ports)
      if (port.isOpen) port.toWindow.push({ type: "written", document: documentId, version, heads });
  }

  #write(): string[] {
    const heads = [`head ${this.#nextHead++}`];
    this.#written.push({ heads, doc: this.doc });
    return heads;
  }

  /** What is written is kept, and with it perhaps others' edits that no window has seen; nobody is told. */
  keep(others: (tr: Transform) => void = () => {}): void {
    const last = this.#written.at(-1);
    if (!last) return;
    const tr = new Transform(last.doc);
    others(tr);
    this.disk = tr.doc;
    this.#kept.push(...this.#written.map(({ heads }) => heads.join()));
  }

  /** Everything is on disk, and the windows are told. */
  save(): void {
    this.#write();
    this.keep();
    this.say("saved");
  }

  say(state: "saving" | "saved"): void {
    for (const port of this.#ports)
      if (port.isOpen)
        port.toWindow.push({
          type: "status",
          document: documentId,
          status: {
            here: { state },
            unsent: 0,
            withheld: null,
            copy: { state: "kept" },
            seenBy: 0,
            damaged: false,
          },
        });
  }

  /** The worker is gone with all that was not on disk; windows connect to a new one. */
  die(): void {
    this.#deaths++;
    this.#taken.clear();
    this.#written = [];
    this.#authority = new Authority(this.disk, this.#newId);
    this.#ports.clear();
    for (const restart of this.#restarts) restart();
  }

  #newPort(): Port {
    const port: Port = { toEngine: [], toWindow: [], isOpen: false, clientId: null };
    this.#ports.add(port);
    return port;
  }

  #receive(port: Port, message: FromWindow): void {
    if (message.type === "open") this.#open(port, message.clientId, message.written);
    if (message.type === "title") {
      this.title = message.value;
      const { clientId } = message;
      for (const { toWindow } of this.#ports)
        toWindow.push({ type: "title", document: documentId, title: this.title, clientId });
    }
    if (message.type !== "steps" || !port.isOpen) return;
    const { version } = this.#authority;
    const received = this.#authority.receive(message.version, message.steps);
    if (received.ok) {
      this.#taken.set(message.clientId, message.batch);
      this.#broadcast(version, received.steps, message.clientId);
      this.#broadcast(version + received.steps.length, received.repairs, engineClientId);
    } else if (received.reason === "invalid") this.#open(port, message.clientId, []);
  }

  #open(port: Port, clientId: string, written: readonly Heads[]): void {
    port.isOpen = true;
    port.clientId = clientId;
    const doc = this.doc.toJSON() as NodeJson;
    port.toWindow.push({
      type: "opened",
      document: documentId,
      version: this.#authority.version,
      doc,
      title: this.title,
      engine: `engine ${this.#deaths}`,
      taken: this.#taken.get(clientId) ?? 0,
      holds: written.find((heads) => this.#kept.includes(heads.join())) ?? null,
      clients: [...this.#ports].flatMap((one) => one.clientId ?? asksAs(one)),
    });
  }

  #broadcast(version: number, steps: readonly Step[], clientId: string): void {
    if (steps.length === 0) return;
    const message: FromEngine = {
      type: "steps",
      document: documentId,
      version,
      steps: steps.map((step) => step.toJSON() as StepJson),
      clientIds: steps.map(() => clientId),
    };
    for (const port of this.#ports) if (port.isOpen) port.toWindow.push(structuredClone(message));
  }
}

/** Windows ask for the document before an engine has started. */
function asksAs({ toEngine }: Port): string[] {
  const open = toEngine.find((message) => message.type === "open");
  return open ? [open.clientId] : [];
}
