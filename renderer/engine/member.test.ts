/** The engine's link as a member's: tickets, roles and refusals of a real relay. */
import { Repo } from "@automerge/automerge-repo/slim";
import type { DocumentId, PeerId } from "@automerge/automerge-repo/slim";
import { afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { Members } from "../../relay/harness-members.ts";
import type { TestDevice } from "../../relay/harness-access.ts";
import { find, Stage, until } from "../../relay/harness.ts";
import { makeDocumentId } from "../../relay/store/documentId.ts";
import { useAutomerge } from "../../scripts/automerge.ts";
import { Author } from "./author.ts";
import { systemClock } from "./clock.ts";
import type { RelayState, TicketAnswer, Withheld } from "./port.ts";
import { RelayLink } from "./relay-link.ts";
import { entriesOf, genesis, putEntry } from "./workspace.ts";
import type { Workspace } from "./workspace.ts";

beforeAll(useAutomerge);

let stage: Stage;
let members: Members;
beforeEach(async () => {
  stage = new Stage();
  members = await Members.start(stage);
});
afterEach(() => stage.end());

type Text = { text: string };

/** One device's app, as far as its link and its repo go. */
class App {
  readonly states: RelayState[] = [];
  readonly roles: (string | null)[] = [];
  readonly withheld: [document: string, why: Withheld][] = [];
  readonly receipts: string[] = [];
  readonly link: RelayLink;
  readonly repo: Repo;
  readonly author: Author;

  constructor(device: TestDevice, author = authorOf(device), workspace = members.relay.workspace) {
    this.author = author;
    const events = {
      state: (state: RelayState) => void this.states.push(state),
      workspace: () => {},
      takes: () => true,
      role: (role: string | null) => void this.roles.push(role),
      withheld: (document: string, why: Withheld) => void this.withheld.push([document, why]),
      receipt: (document: string) => void this.receipts.push(document),
      told: () => {},
      beforeChanges: () => {},
      durable: () => null,
      past: () => false,
      feed: () => {},
      receiving: () => {},
      sending: () => {},
    };
    const ticket = async (): Promise<TicketAnswer> => {
      const got = await members.ticket(device);
      return got === "" ? { ok: false, code: "refused", reason: "not let in" } : { ok: true, ticket: got };
    };
    this.link = new RelayLink(members.relay.url, events, systemClock, Math.random, {
      workspace,
      ticket,
    });
    this.repo = new Repo({ network: [this.link], peerId: `app-${Math.random()}` as PeerId });
    stage.defer(() => this.link.disconnect());
  }

  async connected(times = 1): Promise<this> {
    const count = (): number => this.states.filter(({ state }) => state === "connected").length;
    await until("connected", () => count() >= times);
    return this;
  }

  get state(): RelayState["state"] | undefined {
    return this.states.at(-1)?.state;
  }
}

const authorOf = (device: TestDevice): Author =>
  new Author(device.id.slice(0, 16), (count) => crypto.getRandomValues(new Uint8Array(count)));

test("each connection has a ticket of its own, and is told its role", async () => {
  const app = await new App(await members.member("commenter")).connected();
  app.link.socket?.close();
  await app.connected(2);
  expect(app.roles).toEqual(["commenter", "commenter"]);
});

test("what a viewer writes stays with it, is said to, and is not sent again and again", async () => {
  const { owner } = members;
  const writer = await new App(owner).connected();
  const reader = await new App(await members.member("viewer")).connected();
  const written = writer.author.create<Text>(writer.repo, { text: "shared" });
  const read = await find(reader.repo, written.url);
  reader.author.sign(read);
  read.change((draft) => void (draft.text = "mine"));
  await until("told", () => reader.withheld.length > 0);
  expect(reader.withheld).toEqual([[written.documentId, "read-only"]]);
  let frames = 0;
  reader.link.on("message", () => frames++);
  const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1_000));
  await pause();
  const settled = frames;
  await pause();
  expect([frames, settled < 20]).toEqual([settled, true]);
  expect(written.doc().text).toBe("shared");
  // It goes on hearing of what others write.
  written.change((draft) => void Object.assign(draft, { more: "theirs" }));
  await until("merged", () => "more" in read.doc());
});

test("once a viewer is made an editor, what it wrote meanwhile reaches the others", async () => {
  const { owner } = members;
  const device = await members.member("viewer");
  const [writer, reader] = [await new App(owner).connected(), await new App(device).connected()];
  const written = writer.author.create<Text>(writer.repo, { text: "shared" });
  const read = await find(reader.repo, written.url);
  reader.author.sign(read);
  read.change((draft) => void (draft.text = "mine"));
  await until("told", () => reader.withheld.length > 0);
  const { body } = await members.manage(owner, "people", {});
  const people = body as { members: { id: string; role: string }[] };
  const member = people.members.find(({ role }) => role === "viewer")?.id;
  expect(await members.manage(owner, "role", { member, role: "editor" })).toMatchObject({ status: 200 });
  await reader.connected(2);
  expect(reader.roles).toEqual(["viewer", "editor"]);
  await until("shown", () => written.doc().text === "mine");
});

test("a revoked device is closed out and says so; invited again, it brings what it wrote meanwhile", async () => {
  const { owner } = members;
  const device = await members.member("editor");
  const [other, app] = [await new App(owner).connected(), await new App(device).connected()];
  const mine = app.author.create<Text>(app.repo, { text: "before" });
  const theirs = await find(other.repo, mine.url);
  expect(await members.manage(owner, "revoke", { device: device.id })).toMatchObject({ status: 200 });
  await until("closed out", () => app.state === "refused");
  mine.change((draft) => void (draft.text = "after"));
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(theirs.doc().text).toBe("before");
  expect(await members.accept(device, await members.invite("editor"))).toBe(200);
  app.link.hurry();
  await app.connected(2);
  await until("merged", () => theirs.doc().text === "after");
});

test("a history of another author is refused as such", async () => {
  const device = await members.member("editor");
  const app = await new App(device, authorOf(members.owner)).connected();
  const handle = app.author.create<Text>(app.repo, { text: "forged" });
  await until("told", () => app.withheld.length > 0);
  expect(app.withheld).toEqual([[handle.documentId, "foreign-actor"]]);
  expect(app.receipts).toEqual([]);
});

test("the list of a workspace begins with a change of nobody's, from whoever may write first", async () => {
  const app = await new App(members.owner).connected();
  const id = members.relay.workspace as DocumentId;
  const list = app.repo.import<Workspace>(genesis(), { docId: id });
  list.doneLoading();
  app.author.sign(list);
  list.change((draft) => putEntry(draft, { document: "a", title: "A", createdAt: 1 }));
  const other = await new App(await members.member("viewer")).connected();
  const seen = await find(other.repo, list.url);
  await until("listed", () => entriesOf(seen.doc() as unknown as Workspace).length === 1);
  expect(app.withheld).toEqual([]);
});

test("an engine that is let into another workspace than its own says nothing there", async () => {
  const app = new App(members.owner, authorOf(members.owner), makeDocumentId());
  const handle = app.author.create<Text>(app.repo, { text: "elsewhere" });
  await until("it noticed", () => app.state === "incompatible");
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(app.receipts).toEqual([]);
  const other = await new App(members.owner).connected();
  await expect(other.repo.find(handle.url)).rejects.toThrow(/unavailable/);
});
