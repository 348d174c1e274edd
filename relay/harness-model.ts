/**
 * For tests only: who may do what, as simply as it can be said, and devices that follow documents of a real relay with
 * real Automerge documents. `members-model.test.ts` drives both at random and compares.
 */
import * as A from "@automerge/automerge";
import { idOfSecret, TestDevice } from "./harness-access.ts";
import type { Members } from "./harness-members.ts";
import { RawClient, until } from "./harness.ts";
import { encodeCbor } from "./protocol/cbor.ts";
import { parseFeed, parsePresences } from "./protocol/messages.ts";
import type { Role, Share } from "./protocol/roles.ts";

const ranks: readonly (Role | Share)[] = ["none", "viewer", "commenter", "editor", "owner"];
const rank = (of: Role | Share): number => ranks.indexOf(of);
const least = (...of: (Role | Share)[]): Role | Share => of.reduce((a, b) => (rank(a) <= rank(b) ? a : b));

/** A document and what it is to the relay: comments are about another document. */
export interface Page {
  readonly id: string;
  readonly about?: Page;
}

/** One person with one device. */
export class Person {
  readonly device = new TestDevice();
  readonly name: string;
  member = "";
  /** Undefined is not in. */
  role: Role | undefined;
  socket: Follower | undefined;
  /** What it has written by document, as far as it is not with the relay; it is brought when it may be. */
  readonly kept = new Map<string, A.Doc<Writing>>();

  constructor(name: string) {
    this.name = name;
  }
}

/** Each write is a key of its own. */
export type Writing = Record<string, number>;

export class Rules {
  /** By document, then by member; "" is everybody. */
  readonly narrowed = new Map<string, Map<string, Share>>();

  shareOf({ role, member }: Person, page: Page): Role | Share {
    if (role === undefined) return "none";
    if (role === "owner") return role;
    const own = this.narrowed.get(page.id);
    const shares = [own?.get(member), own?.get("")].filter((each) => each !== undefined);
    const base = page.about ? this.shareOf({ role, member } as Person, page.about) : role;
    return least(role, base, ...shares);
  }
  mayRead(person: Person, page: Page): boolean {
    return rank(this.shareOf(person, page)) >= rank("viewer");
  }
  mayWrite(person: Person, page: Page): boolean {
    return rank(this.shareOf(person, page)) >= rank(page.about ? "commenter" : "editor");
  }
}

/** A joined socket that takes in and passes on real Automerge documents, of those that it follows. */
export class Follower {
  readonly client: RawClient;
  readonly #person: Person;
  readonly #states = new Map<string, A.SyncState>();
  readonly presences: string[] = [];
  readonly listed = new Set<string>();
  readonly #handled = { count: 0 };

  private constructor(client: RawClient, person: Person) {
    this.client = client;
    this.#person = person;
    client.socket.on("message", () => this.#take());
  }

  static async connect(members: Members, person: Person): Promise<Follower> {
    const client = await RawClient.join(await members.urlFor(person.device), `p-${person.name}`);
    const follower = new Follower(client, person);
    follower.#take();
    client.send({ type: "feed", senderId: client.peerId, after: 0, epoch: "" });
    return follower;
  }

  get isClosed(): boolean {
    return this.client.closeCode !== undefined;
  }

  /** Asks for a document, or tells what is new of it here. */
  say(page: string): void {
    const isNew = !this.#states.has(page);
    const [state, message] = A.generateSyncMessage(
      this.#doc(page),
      this.#states.get(page) ?? A.initSyncState(),
    );
    this.#states.set(page, state);
    if (message) this.client.frame(isNew ? "request" : "sync", page, message);
  }

  present(page: string, words: string): void {
    const { peerId: senderId } = this.client;
    const data = encodeCbor(words);
    this.client.send({
      type: "ephemeral",
      senderId,
      targetId: "relay",
      documentId: page,
      count: 1,
      sessionId: words,
      data,
    });
  }

  #doc(page: string): A.Doc<Writing> {
    const { kept, device } = this.#person;
    const found = kept.get(page) ?? A.init<Writing>({ actor: device.id.slice(0, 16) + "0".repeat(16) });
    kept.set(page, found);
    return found;
  }

  #take(): void {
    const { received } = this.client;
    for (; this.#handled.count < received.length; this.#handled.count++) {
      const frame = received[this.#handled.count] ?? {};
      const { documentId, data, type } = frame;
      if (type === "feed")
        for (const { documentId: id } of parseFeed(frame)?.entries ?? []) this.listed.add(id);
      if (type === "presences")
        for (const { sessionId } of parsePresences(frame)) this.presences.push(sessionId);
      if (type === "ephemeral") this.presences.push(String(frame["sessionId"]));
      if (type !== "sync" || typeof documentId !== "string" || !(data instanceof Uint8Array)) continue;
      const state = this.#states.get(documentId) ?? A.initSyncState();
      const [doc, next] = A.receiveSyncMessage(this.#doc(documentId), state, data);
      this.#person.kept.set(documentId, doc);
      this.#states.set(documentId, next);
      this.say(documentId);
    }
  }
}

/** What somebody has of a document, as the keys that were written. */
export const keysOf = (person: Person, page: Page): string[] =>
  Object.keys(person.kept.get(page.id) ?? {}).toSorted();

/** Takes a person in, or in again. Their member's id is asked of the relay. */
export async function takeIn(members: Members, person: Person, role: Role): Promise<void> {
  const secret = await members.invite(role);
  const proof = await members.proof(person.device, "accept", { invite: idOfSecret(secret) });
  const said = await members.call("accept", { ...proof, secret, name: person.name, deviceName: "Laptop" });
  if (said.status !== 200) throw new Error(`${person.name} was not taken in: ${said.status}`);
  const { body } = await members.manage(person.device, "people", {});
  person.member = (body as { you: { member: string } }).you.member;
  person.role = role;
}

/** The socket was closed because what its person may do has changed. */
export const untilClosed = ({ name, socket }: Person): Promise<void> =>
  until(`${name}'s socket is closed`, () => socket?.isClosed ?? true, 1_000);
