/** Joining workspaces and what follows, against a real relay that lets in members only. */
import { createServer, type Server } from "node:http";
import { createServer as createTcpServer } from "node:net";
import type { AddressInfo } from "node:net";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import WebSocket from "ws";
import { startRelay, type Relay } from "../../relay/main.ts";
import { inviteLink, parseInviteLink, type InviteLink } from "../../relay/protocol/invite-link.ts";
import type { Role } from "../../relay/protocol/roles.ts";
import { makeDocumentId } from "../../relay/store/documentId.ts";
import { AccessClient } from "./access-client.ts";
import { Caller } from "./caller.ts";
import { DeviceKeys } from "./device-key.ts";
import { TestVault } from "./harness-vault.ts";
import { inviteId, Joining } from "./joining.ts";
import { Membership } from "./membership.ts";
import { Places } from "./places.ts";

const hourMs = 3_600_000;
const done = { ok: true };

let folder: string;
let relay: Relay;
/** What a test started, ended in reverse. */
const ends: (() => Promise<unknown>)[] = [];
let made = 0;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "deckle-joining-"));
  ends.push(() => rm(folder, { recursive: true, force: true }));
  const port = await freePort();
  relay = await startRelay({
    data: join(folder, "relay"),
    port,
    report: () => {},
    origins: [`ws://127.0.0.1:${port}`],
  });
  ends.push(() => relay.stop());
});
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

/** A relay must know beforehand under which origin it is reached. */
async function freePort(): Promise<number> {
  const server = createTcpServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** What main puts together for one profile. */
async function profile(name = `profile-${++made}`, vault = new TestVault()) {
  const inProfile = (file: string): string => join(folder, name, file);
  let turned = 0;
  const asked: string[] = [];
  const places = await Places.open({
    file: inProfile("settings.json"),
    relayArgument: null,
    onTurned: () => void turned++,
  });
  const keys = new DeviceKeys(inProfile("device-key.json"), vault);
  const client = new AccessClient({
    fetch: (url, init) => {
      asked.push(url);
      return fetch(url, init);
    },
  });
  const caller = new Caller(client, keys);
  const joining = new Joining({ places, keys, client, caller });
  const accept = (
    link: string,
    more: { name?: string; deviceName?: string; agreesToReadableKey?: boolean } = {},
  ) => joining.accept({ link, name: "Ada", deviceName: "Laptop", agreesToReadableKey: false, ...more });
  return {
    name,
    vault,
    places,
    keys,
    joining,
    accept,
    asked,
    membership: new Membership(places, caller),
    turned: () => turned,
  };
}
type Profile = Awaited<ReturnType<typeof profile>>;

/** The link of an invite that the relay's operator has made. */
async function operatorInvite(
  role: Role,
  more: Partial<InviteLink> & { uses?: number } = {},
): Promise<string> {
  const { uses = 1, ...facts } = more;
  const secret = facts.secret ?? String(++made).padStart(22, "s");
  const { workspace, url } = relay;
  expect(await relay.invite({ id: inviteId(secret), role, uses, lastsMs: hourMs })).toEqual(done);
  return inviteLink({ relay: url, workspace, role, name: "Poems", secret, ...facts });
}

async function member(role: Role): Promise<Profile> {
  const joined = await profile();
  expect(await joined.accept(await operatorInvite(role))).toEqual(done);
  return joined;
}

async function peopleOf({ membership }: Profile) {
  const answer = await membership.people(relay.workspace);
  if (!answer.ok) throw new Error(answer.message);
  return answer.people;
}

async function ticketOf({ membership }: Profile): Promise<string> {
  const answer = await membership.ticket(relay.workspace);
  if (!answer.ok) throw new Error(answer.message);
  return answer.ticket;
}

/** How the upgrade of a socket was answered. */
const knock = (ticket: string): Promise<string> =>
  new Promise((resolve) => {
    const socket = new WebSocket(relay.url, ["automerge-repo.1", `ticket.${ticket}`]);
    socket.on("error", (error) => resolve(error.message));
    socket.on("open", () => {
      resolve("open");
      socket.terminate();
    });
  });

test("a link is shown before anything is connected to or made", async () => {
  const ada = await profile();
  const link = await operatorInvite("editor");
  expect(await ada.joining.readInvite(link)).toEqual({
    ok: true,
    relay: relay.url,
    workspace: relay.workspace,
    name: "Poems",
    role: "editor",
    keyStorage: "protected",
    deviceName: expect.stringMatching(/./),
  });
  expect(await ada.joining.readInvite("deckle://join?x")).toMatchObject({ code: "invite-unreadable" });
  ada.vault.isOn = false;
  expect(await ada.joining.readInvite(link)).toMatchObject({ keyStorage: "readable" });
  expect(ada.asked).toEqual([]);
  expect(await readdir(folder)).toEqual(["relay"]);
});

test("who accepts is a member, turned to the workspace, and gets tickets for one socket each", async () => {
  const ada = await profile();
  expect(await ada.membership.ticket(relay.workspace)).toMatchObject({ ok: false, code: "not-in-workspace" });
  expect(await ada.accept(await operatorInvite("owner"), { name: " Ada ", deviceName: "Desk" })).toEqual(
    done,
  );
  expect(ada.turned()).toBe(1);
  expect(ada.places.configuration).toMatchObject({
    place: { kind: "workspace", workspace: relay.workspace, relay: relay.url, role: "owner" },
    relayProblem: null,
  });
  const people = await peopleOf(ada);
  expect(people.members).toMatchObject([{ name: "Ada", role: "owner" }]);
  expect(people.devices).toMatchObject([{ name: "Desk" }]);
  // The relay's word counts, not the link's.
  expect(people.name).not.toBe("Poems");
  expect(ada.places.configuration.place).toMatchObject({ name: people.name });
  expect(await ada.keys.device()).toBe(people.you.device.slice(0, 16));
  const ticket = await ticketOf(ada);
  expect(await knock(ticket)).toBe("open");
  expect(await knock(ticket)).toContain("401");
  // After a start as well: the key is the same one.
  const again = await profile(ada.name, ada.vault);
  expect(await knock(await ticketOf(again))).toBe("open");
});

test("what is on the disk afterwards has neither the key nor the secret of the link", async () => {
  const ada = await profile();
  const link = await operatorInvite("owner");
  await ada.accept(link);
  await ticketOf(ada);
  const secret = parseInviteLink(link)?.secret ?? "";
  expect(secret).not.toBe("");
  const [key = ""] = ada.vault.encrypted;
  for (const file of await readdir(join(folder, ada.name))) {
    const text = await readFile(join(folder, ada.name, file), "utf8");
    expect(text).not.toContain(secret);
    expect(text).not.toContain(key);
  }
});

test("names that nobody could read are refused before anything is asked", async () => {
  const ada = await profile();
  const link = await operatorInvite("editor");
  expect(await ada.accept(link, { name: "  " })).toMatchObject({ code: "name-refused" });
  expect(await ada.accept(link, { deviceName: "a\nb" })).toMatchObject({ code: "name-refused" });
  expect(await ada.accept("no link")).toMatchObject({ code: "invite-unreadable" });
  expect(ada.asked).toEqual([]);
});

test("a link that says another role than the relay: nothing is joined or made", async () => {
  const ada = await profile();
  const link = (await operatorInvite("viewer")).replace("role=viewer", "role=owner");
  expect(await ada.accept(link)).toMatchObject({
    ok: false,
    code: "other-role",
    message: expect.stringMatching(/as owner.*as viewer/),
  });
  expect(ada.turned()).toBe(0);
  expect(await ada.keys.device()).toBeNull();
  expect(await ada.accept(link.replace("role=owner", "role=viewer"))).toEqual(done);
});

test("an invite that is used up, guessed or withdrawn is said to be of no use", async () => {
  const link = await operatorInvite("editor");
  expect(await (await profile()).accept(link)).toEqual(done);
  const late = await profile();
  const guessed = link.replace(/#.*/, `#${"g".repeat(22)}`);
  for (const each of [link, guessed])
    expect(await late.accept(each)).toMatchObject({
      ok: false,
      code: "invite-invalid",
      message: expect.stringContaining("Ask for a new one"),
    });
  expect([late.turned(), late.places.configuration.workspaces]).toEqual([0, []]);
});

test("a link that is opened again by who is in turns there, whatever became of the invite", async () => {
  const ada = await profile();
  const link = await operatorInvite("editor");
  const [first, second] = await Promise.all([ada.accept(link), ada.accept(link)]);
  expect([first, second]).toEqual([done, done]);
  await ada.places.turnTo("private");
  // With one that is still good it is a member already, in another role.
  expect(await ada.accept(await operatorInvite("viewer"))).toEqual(done);
  expect(ada.places.configuration.place).toMatchObject({ kind: "workspace", role: "editor" });
  // Even where the answer to the first time never came.
  await ada.places.forget(relay.workspace);
  expect(await ada.accept(link)).toEqual(done);
  expect(ada.places.configuration.workspaces).toMatchObject([{ role: "editor" }]);
  expect((await peopleOf(ada)).devices).toHaveLength(1);
});

test("where the system cannot protect the key only whoever agrees joins, and is asked once", async () => {
  const ada = await profile();
  ada.vault.isOn = false;
  const link = await operatorInvite("editor");
  expect(await ada.accept(link)).toMatchObject({ ok: false, code: "key-readable" });
  expect(ada.places.settings.agreesToReadableKey).toBeUndefined();
  expect(await ada.accept(link, { agreesToReadableKey: true })).toEqual(done);
  expect(ada.places.settings.agreesToReadableKey).toBe(true);
  expect(await ada.joining.readInvite(link)).toMatchObject({ keyStorage: "protected" });
  expect(await knock(await ticketOf(ada))).toBe("open");
});

test("a keyring that is gone is no refusal, and joining again makes another device", async () => {
  const ada = await member("editor");
  ada.vault.key++;
  const later = await profile(ada.name, ada.vault);
  expect(await later.membership.ticket(relay.workspace)).toMatchObject({
    code: "key-unreadable",
    message: expect.stringContaining("key of this device cannot be read"),
  });
  expect(await later.membership.people(relay.workspace)).toMatchObject({ code: "key-unreadable" });
  const before = await later.keys.device();
  expect(await later.accept(await operatorInvite("editor"))).toEqual(done);
  expect(later.places.configuration.relayProblem).toContain("device-key.json.unreadable");
  expect(await later.keys.device()).not.toBe(before);
  expect(await knock(await ticketOf(later))).toBe("open");
});

test("an owner invites and manages: what is made is a link that can be joined with", async () => {
  const owner = await member("owner");
  const invited = await owner.membership.invite(relay.workspace, {
    role: "viewer",
    uses: 2,
    lastsMs: hourMs,
  });
  const link = invited.ok ? invited.link : invited.message;
  expect(parseInviteLink(link)).toMatchObject({
    relay: relay.url,
    workspace: relay.workspace,
    role: "viewer",
  });
  const bob = await profile();
  expect(await bob.accept(link, { name: "Bob" })).toEqual(done);
  const { members, devices, invites } = await peopleOf(owner);
  const bobs = members.find(({ name }) => name === "Bob")?.id ?? "";
  const device = devices.find((each) => each.member === bobs)?.id ?? "";
  expect(invites).toMatchObject([{ role: "viewer", usesLeft: 1 }]);
  const manage = (wanted: Parameters<Membership["manage"]>[1]) =>
    owner.membership.manage(relay.workspace, wanted);
  expect(await manage({ call: "role", member: bobs, role: "editor" })).toEqual(done);
  expect((await peopleOf(bob)).you.role).toBe("editor");
  expect(bob.places.configuration.place).toMatchObject({ role: "editor" });
  const documentId = relay.workspace;
  expect(await manage({ call: "narrow", documentId, member: bobs, share: "viewer" })).toEqual(done);
  expect(await manage({ call: "narrow", documentId, member: bobs })).toEqual(done);
  expect(await manage({ call: "withdraw", invite: invites[0]?.id ?? "" })).toEqual(done);
  expect(await (await profile()).accept(link)).toMatchObject({ code: "invite-invalid" });
  expect(await manage({ call: "revoke", device })).toEqual(done);
  expect(await bob.membership.ticket(relay.workspace)).toMatchObject({ code: "refused" });
  expect(await bob.membership.people(relay.workspace)).toMatchObject({ code: "forbidden" });
  expect(await manage({ call: "remove", member: bobs })).toEqual(done);
  const { you } = await peopleOf(owner);
  expect(await manage({ call: "remove", member: you.member })).toMatchObject({
    ok: false,
    code: "last-owner",
    message: expect.stringContaining("needs an owner"),
  });
});

test("a second device of the same person", async () => {
  const ada = await member("editor");
  const { you } = await peopleOf(ada);
  const invited = await ada.membership.invite(relay.workspace, {
    role: "editor",
    member: you.member,
    uses: 1,
    lastsMs: hourMs,
  });
  const phone = await profile();
  expect(await phone.accept(invited.ok ? invited.link : invited.message, { deviceName: "Phone" })).toEqual(
    done,
  );
  expect((await peopleOf(phone)).you.member).toBe(you.member);
  expect((await peopleOf(ada)).devices.map(({ name }) => name).toSorted()).toEqual(["Laptop", "Phone"]);
});

test("who may not is told so in words", async () => {
  const viewer = await member("viewer");
  expect(
    await viewer.membership.invite(relay.workspace, { role: "viewer", uses: 1, lastsMs: hourMs }),
  ).toMatchObject({
    ok: false,
    code: "forbidden",
  });
  expect(
    await viewer.membership.manage(relay.workspace, { call: "revoke", device: "0".repeat(64) }),
  ).toMatchObject({
    code: "forbidden",
  });
  expect(await viewer.membership.manage(relay.workspace, { call: "revoke", device: "no id" })).toMatchObject({
    code: "malformed",
  });
});

test("the workspace has a name, once an owner gives it one; links carry it", async () => {
  const owner = await member("owner");
  expect(await owner.membership.manage(relay.workspace, { call: "rename", name: " " })).toMatchObject({
    code: "name-refused",
  });
  expect(await owner.membership.manage(relay.workspace, { call: "rename", name: " Verses " })).toEqual(done);
  expect((await peopleOf(owner)).name).toBe("Verses");
  expect(owner.places.configuration.place).toMatchObject({ name: "Verses" });
  const invited = await owner.membership.invite(relay.workspace, {
    role: "editor",
    uses: 1,
    lastsMs: hourMs,
  });
  const bob = await profile();
  expect(await bob.accept((invited.ok ? invited.link : "").replace("name=Verses", "name=Prose"))).toEqual(
    done,
  );
  expect(bob.places.configuration.place).toMatchObject({ name: "Verses" });
});

test("a history from elsewhere may be brought into a document that is new, by who may write", async () => {
  const [editor, viewer] = [await member("editor"), await member("viewer")];
  const wanted = { call: "import", documentId: makeDocumentId() } as const;
  expect(await editor.membership.manage(relay.workspace, wanted)).toEqual(done);
  expect(await viewer.membership.manage(relay.workspace, wanted)).toMatchObject({ code: "forbidden" });
  expect(
    await editor.membership.manage(relay.workspace, { call: "import", documentId: "no id" }),
  ).toMatchObject({
    code: "malformed",
  });
});

test("a relay that cannot be reached is not one that refuses", async () => {
  const ada = await member("editor");
  const link = await operatorInvite("editor");
  await relay.stop();
  expect(await ada.membership.ticket(relay.workspace)).toMatchObject({ code: "unreachable" });
  expect(await ada.membership.people(relay.workspace)).toMatchObject({ code: "unreachable" });
  expect(await (await profile()).accept(link)).toMatchObject({ code: "unreachable" });
});

/** A relay in the middle: passes everything on, and is asked under an origin of its own. */
async function between(): Promise<string> {
  const server: Server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      void (async () => {
        const passed = await fetch(`http://127.0.0.1:${relay.port}${request.url}`, {
          method: "POST",
          headers: {
            "content-type": "application/json",
            authorization: request.headers.authorization ?? "",
          },
          // It also claims to be the relay itself, for whoever only looks at what is said.
          body: Buffer.concat(parts)
            .toString()
            .replace(/ws:\/\/127\.0\.0\.1:\d+/, `ws://127.0.0.1:${relay.port}`),
        });
        response.writeHead(passed.status).end(await passed.text());
      })();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  ends.push(() => new Promise((resolve) => server.close(resolve).closeAllConnections()));
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}/sync`;
}

test("attack: what a relay in the middle gets signed is worth nothing at the real one", async () => {
  const middle = await between();
  const ada = await profile();
  const link = await operatorInvite("editor", { relay: middle });
  const refused = await ada.accept(link);
  expect(refused).toMatchObject({ ok: false, code: "invite-invalid" });
  expect(refused).toMatchObject({ message: expect.stringContaining(new URL(middle).host) });
  expect([ada.turned(), ada.places.configuration.workspaces]).toEqual([0, []]);
  // The same link by the real one is good: it was not used up.
  expect(await ada.accept(link.replace(encodeURIComponent(middle), encodeURIComponent(relay.url)))).toEqual(
    done,
  );
});

test("attack: an invite to our workspace at another relay asks and signs nothing", async () => {
  const ada = await member("editor");
  const asked = ada.asked.length;
  const link = await operatorInvite("editor", { relay: await between() });
  expect(await ada.accept(link)).toMatchObject({
    ok: false,
    code: "other-relay",
    message: expect.stringContaining(relay.url),
  });
  expect(ada.asked).toHaveLength(asked);
  expect(ada.places.configuration.workspaces).toMatchObject([{ relay: relay.url }]);
});

test("attack: an invite to a workspace that we left, at another relay, asks nothing", async () => {
  const ada = await member("editor");
  expect(await ada.places.forget(relay.workspace)).toEqual(done);
  const again = await profile(ada.name, ada.vault);
  const asked = again.asked.length;
  const link = await operatorInvite("editor", { relay: await between() });
  expect(await again.accept(link)).toMatchObject({
    ok: false,
    code: "other-relay",
    message: expect.stringContaining(relay.url),
  });
  expect(again.asked).toHaveLength(asked);
  expect(await again.accept(await operatorInvite("editor"))).toEqual(done);
});

test("a window that shows another workspace than the profile is in gets nothing of this one", async () => {
  const owner = await member("owner");
  const elsewhere = makeDocumentId();
  const refused = { ok: false, code: "not-in-workspace", message: expect.stringContaining("window") };
  const asked = owner.asked.length;
  const { membership } = owner;
  expect([
    await membership.ticket(elsewhere),
    await membership.people(elsewhere),
    await membership.invite(elsewhere, { role: "owner", uses: 1, lastsMs: hourMs }),
    await membership.manage(elsewhere, { call: "rename", name: "Theirs" }),
    await membership.manage(elsewhere, { call: "import", documentId: elsewhere }),
  ]).toEqual(Array.from({ length: 5 }, () => refused));
  await owner.places.turnTo("private");
  expect(await membership.ticket(relay.workspace)).toEqual(refused);
  expect(owner.asked).toHaveLength(asked);
});
