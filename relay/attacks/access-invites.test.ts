/** Invites: used twice, late, guessed, withdrawn, for more than their maker may give. Of a relay that lets in members only. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { idOfSecret, TestDevice } from "../harness-access.ts";
import { AttackedMembers, invited } from "../harness-attacked-members.ts";
import { attackedStartMs, type Memory } from "../harness-attacked.ts";
import { randomHashes } from "../harness-flood.ts";
import { Visitor } from "../harness-join.ts";
import { askOnce, flood, post } from "../harness-posts.ts";
import { Stage } from "../harness.ts";
import type { PeopleMessage } from "../protocol/access-messages.ts";
import { attemptBurst, attemptEveryMs, inviteMsMax } from "../protocol/limits.ts";
import { roles } from "../protocol/roles.ts";

const stage = new Stage();
let members: AttackedMembers;
let elsewhere: Visitor;
let before: Memory;
beforeAll(async () => {
  members = await AttackedMembers.start(stage, { idleRoomMs: 500 });
  elsewhere = await members.anotherWorkspace("Elsewhere");
}, attackedStartMs);
afterAll(() => stage.end());
beforeEach(async () => void (before = await members.attacked.memory()));
afterEach(async () => void (await members.attacked.mustBeUnharmed(before)));

const nobody = { status: 403, body: { refused: "invite-invalid" } };
const forbidden = { status: 403, body: { refused: "forbidden" } };

/** What a secret is worth to somebody who comes for the first time. */
async function tried(secret: string, by = members.stranger()): Promise<readonly unknown[]> {
  const { workspace } = by;
  const offered = await by.call("offer", { workspace, secret });
  return [offered, { status: await by.accept(secret), ticket: await by.ticket() }];
}
const worthless = [nobody, { status: 403, ticket: "" }];

test("attack: an invite is used twice, and by ten devices at the same moment", async () => {
  const secret = await members.invite("editor");
  expect(await members.stranger().accept(secret)).toBe(200);
  expect(await tried(secret)).toEqual(worthless);
  const raced = await members.invite("viewer");
  const racing = Array.from({ length: 10 }, () => members.stranger().accept(raced));
  expect((await Promise.all(racing)).toSorted((a, b) => a - b)).toEqual([200, ...Array<number>(9).fill(403)]);
  const three = await members.invite("viewer", { uses: 3 });
  const more = Array.from({ length: 10 }, () => members.stranger().accept(three));
  expect((await Promise.all(more)).filter((status) => status === 200)).toHaveLength(3);
});

test("attack: what was sent to take an invite is overheard and sent again, for oneself or as it is", async () => {
  const secret = await members.invite("editor", { uses: 2 });
  const [victim, thief] = [members.stranger(), members.stranger()];
  const proof = await victim.proof("accept", {}, { invite: idOfSecret(secret) });
  const shown = { ...proof, secret, name: "Ada", deviceName: "Laptop" };
  const own = { ...shown, publicKey: thief.device.publicKey };
  expect(await thief.call("accept", own)).toEqual(nobody);
  expect((await victim.call("accept", shown)).status).toBe(200);
  expect(await thief.call("accept", shown)).toEqual(nobody);
  expect(await thief.call("accept", own)).toEqual(nobody);
  expect(await thief.ticket()).toBe("");
});

test("attack: a signature for one invite takes another, or another purpose takes one", async () => {
  const [meant, wanted] = [await members.invite("viewer"), await members.invite("owner")];
  const thief = members.stranger();
  const names = { name: "Eve", deviceName: "x", secret: wanted };
  const proof = await thief.proof("accept", {}, { invite: idOfSecret(meant) });
  expect(await thief.call("accept", { ...proof, ...names })).toEqual(nobody);
  const asSync = await thief.proof("sync", {}, { invite: idOfSecret(wanted) });
  expect(await thief.call("accept", { ...asSync, ...names })).toEqual(nobody);
  expect(await thief.call("accept", { ...asSync, ...names, purpose: "accept" })).toEqual(nobody);
});

test("attack: an invite after it has expired", async () => {
  const lastsMs = 60_000;
  const secret = await members.invite("editor", { lastsMs });
  await members.attacked.letTimePass(lastsMs);
  expect(await tried(secret)).toEqual(worthless);
});

test("attack: an invite that was withdrawn, and one whose maker may not give it any more", async () => {
  const withdrawn = await members.invite("editor");
  const invite = idOfSecret(withdrawn);
  expect((await members.owner.manage("withdraw", { invite })).status).toBe(200);
  expect(await tried(withdrawn)).toEqual(worthless);
  const editor = await members.member("editor");
  const [lowered, removed] = [
    await members.invite("editor", { by: editor }),
    await members.invite("viewer", { by: editor }),
  ];
  const member = await members.memberOf(editor);
  expect((await members.owner.manage("role", { member, role: "commenter" })).status).toBe(200);
  expect(await tried(lowered)).toEqual(worthless);
  expect((await members.owner.manage("revoke", { device: editor.device.id })).status).toBe(200);
  expect(await tried(removed)).toEqual(worthless);
});

test("attack: an invite above the inviter's role, for another member's device, or for ever", async () => {
  for (const role of roles.filter((each) => each !== "owner")) {
    const by = await members.member(role);
    const above = roles.slice(role === "editor" ? roles.indexOf(role) + 1 : 0);
    for (const wanted of above) expect(await invited(by, `${role} ${wanted}`, wanted)).toEqual(forbidden);
    const owner = await members.memberOf(members.owner);
    const own = await members.memberOf(by);
    const body = { id: idOfSecret(`${role} device`), uses: 1, lastsMs: 60_000 };
    for (const [member, given] of [
      [owner, "owner"],
      [own, "owner"],
      ["0".repeat(32), role],
    ])
      expect(await by.manage("invite", { ...body, member, role: given })).toEqual(forbidden);
    expect((await by.manage("invite", { ...body, role, lastsMs: inviteMsMax + 1 })).status).toBe(400);
    expect((await by.manage("invite", { ...body, role, uses: 1e9 })).status).toBe(400);
    for (const wanted of above) expect(await members.stranger().accept(`${role} ${wanted}`)).toBe(403);
  }
});

test("attack: a stolen device of an owner reads which invites there are, and comes back by them once it is revoked", async () => {
  const secret = await members.invite("owner");
  const stolen = await members.member("owner");
  const { invites } = (await stolen.manage("people", {})).body as PeopleMessage;
  const [invite = ""] = invites.map(({ id }) => id).filter((id) => id === idOfSecret(secret));
  expect(invite).not.toBe("");
  expect((await members.owner.manage("revoke", { device: stolen.device.id })).status).toBe(200);
  // All that is kept of an invite is known to the thief, and what is sent to take one is not that.
  const thief = members.stranger();
  const proof = await thief.proof("accept", {}, { invite });
  const names = { name: "Eve", deviceName: "x" };
  const { workspace } = members;
  for (const shown of [{ invite }, { secret: invite }, { invite, secret: invite }]) {
    expect((await thief.call("accept", { ...proof, ...names, ...shown })).status).not.toBe(200);
    expect((await thief.call("offer", { workspace, ...shown })).status).not.toBe(200);
  }
  expect(await thief.ticket()).toBe("");
  expect(await members.stranger().accept(secret)).toBe(200);
});

test("attack: an invite to another workspace", async () => {
  const secret = await members.invite("owner");
  expect(await tried(secret, members.stranger(elsewhere.workspace))).toEqual(worthless);
  const thief = members.stranger();
  const invite = idOfSecret(secret);
  const proof = await thief.proof("accept", {}, { invite, workspace: elsewhere.workspace });
  expect(await thief.call("accept", { ...proof, secret, name: "Eve", deviceName: "x" })).toEqual(nobody);
  expect(await elsewhere.manage("withdraw", { invite })).toEqual(forbidden);
  expect(await members.stranger().accept(secret)).toBe(200);
});

test("attack: an invite is guessed: after some wrong guesses even a right one has to wait, and nobody else does", async () => {
  const [secret, others] = [await members.invite("editor"), await members.invite("editor")];
  const { workspace } = members;
  // Where a guess does not come near it costs it nothing, so these all do.
  const isNear = (guess: string): boolean => idOfSecret(guess).startsWith(idOfSecret(secret).slice(0, 3));
  const guesses: string[] = [];
  for (let i = 0; guesses.length < attemptBurst; i++) if (isNear(`guess ${i}`)) guesses.push(`guess ${i}`);
  for (const guess of guesses)
    expect(await elsewhere.call("offer", { workspace, secret: guess })).toEqual(nobody);
  expect(await tried(secret)).toEqual(worthless);
  expect(await members.stranger().accept(others)).toBe(200);
  await members.attacked.letTimePass(attemptEveryMs);
  expect(await members.stranger().accept(secret)).toBe(200);
});

test("attack: 50,000 guesses", async () => {
  const { workspace, attacked } = members;
  const editor = await members.member("editor");
  const pulse = await attacked.attack(async () => {
    const guesses = randomHashes(25_000);
    const offer = (i: number): string =>
      post("/access/offer", JSON.stringify({ workspace, secret: guesses[i] ?? "" }));
    expect(await flood(attacked.port, guesses.length, offer)).toEqual(new Map([[403, guesses.length]]));
    // Who is in is not kept from coming in by whoever is wrong at the same address.
    expect(await editor.ticket()).not.toBe("");
  });
  expect(pulse.edits).toBeGreaterThan(5);
  // In several rounds all parts are guessed often enough that any invite would have to wait: not what comes next.
  await attacked.letTimePass(attemptBurst * attemptEveryMs);
}, 60_000);

test("attack: names that are none, or that pretend to be something else", async () => {
  const thief = new Visitor(members.attacked.relay, members.owner, new TestDevice());
  const secret = await members.invite("viewer");
  for (const name of ["", " ", "a\nb", "a\u202Eb", "\u0000", "x".repeat(200), null, 1, {}, ["a"]]) {
    const proof = await thief.proof("accept", {}, { invite: idOfSecret(secret) });
    const [asName, asDevice] = [
      await thief.call("accept", { ...proof, secret, name, deviceName: "x" }),
      await thief.call("accept", { ...proof, secret, name: "Eve", deviceName: name }),
    ];
    expect([name, asName.status, asDevice.status]).toEqual([name, 400, 400]);
  }
  const big = post("/access/accept", JSON.stringify({ name: "x".repeat(100_000) }));
  expect([413, undefined]).toContain((await askOnce(members.attacked.port, big))?.status);
  expect(await thief.accept(secret)).toBe(200);
});
