/** Who is let in: nonces, signatures, tickets and invites, each attacked by name. */
import { beforeEach, expect, test, vi } from "vitest";
import {
  attemptBurst,
  attemptEveryMs,
  invitesPerMemberMax,
  inviteUsesMax,
  nonceMs,
  ticketMs,
  ticketsPerDeviceMax,
} from "../protocol/limits.ts";
import type { Role } from "../protocol/roles.ts";
import { makeDocumentId } from "../store/documentId.ts";
import type { Proof } from "./access.ts";
import type { By } from "./decision.ts";
import * as grants from "./grants.ts";
import { idOfSecret, inviteLastsMs, MemoryRecords, Stand, TestDevice } from "../harness-access.ts";
import { operator } from "./records.ts";

let stand: Stand;
let owner: TestDevice;
beforeEach(async () => {
  stand = await Stand.open();
  owner = await joined("owner");
});

const memberOf = (device: TestDevice): string => stand.memberOf(device);
const by = (device: TestDevice): By => stand.by(device);
const roleOf = (device: TestDevice): Role | undefined => stand.roleOf(device);
const invited = (...wanted: Parameters<Stand["invite"]>): ReturnType<Stand["invite"]> =>
  stand.invite(...wanted);
const joined = (...wanted: Parameters<Stand["join"]>): Promise<TestDevice> => stand.join(...wanted);
const redeem = (ticket: string | undefined) => stand.door.redeem(ticket ?? "", "sync")?.caller;
const forgive = (): void => void (stand.nowMs += attemptBurst * attemptEveryMs);

test("a device of the workspace gets a ticket for its signature, and is known by it", () => {
  const caller = redeem(stand.ticket(owner));
  expect(caller).toEqual({ device: owner.id, member: memberOf(owner) });
  expect(caller && stand.access.roster.roleOfDevice(caller.device)).toBe("owner");
});

test("attack: a ticket is shown twice, or after it has ended", () => {
  const once = stand.ticket(owner);
  expect(redeem(once)).toBeDefined();
  expect(redeem(once)).toBeUndefined();
  const late = stand.ticket(owner);
  stand.nowMs += ticketMs;
  expect(redeem(late)).toBeUndefined();
});

test("attack: a ticket for one thing is shown for another, and is used up by that", () => {
  const ticket = stand.ticket(owner, "manage");
  expect(redeem(ticket)).toBeUndefined();
  expect(stand.door.redeem(ticket ?? "", "manage")).toBeUndefined();
});

test("attack: truncated, lengthened and foreign tickets", () => {
  const ticket = stand.ticket(owner) ?? "";
  for (const each of ["", ticket.slice(0, -1), `${ticket}A`, ticket.replace(/.$/, "="), "A".repeat(43)])
    expect(redeem(each)).toBeUndefined();
  expect(redeem(ticket)).toBeDefined();
});

test("attack: a nonce is signed twice, after its time, changed, or one that is not ours", () => {
  const nonce = stand.nonce();
  const proof = owner.prove("sync", nonce);
  expect(stand.access.ticket(proof)).toBeDefined();
  expect(stand.access.ticket(proof)).toBeUndefined();
  expect(stand.access.ticket(owner.prove("manage", nonce))).toBeUndefined();
  const changed = (nonce.startsWith("A") ? "B" : "A") + nonce.slice(1);
  const foreign = new Stand().nonce();
  for (const each of [changed, foreign, nonce.slice(1), ""])
    expect(stand.access.ticket(owner.prove("sync", each))).toBeUndefined();
  const late = stand.nonce();
  stand.nowMs += nonceMs;
  expect(stand.access.ticket(owner.prove("sync", late))).toBeUndefined();
});

test("attack: a signature for another relay, another workspace, another purpose, or by another key", () => {
  const evil = "wss://evil.example";
  const signed = [
    owner.prove("sync", stand.nonce(), { origin: evil }),
    owner.prove("sync", stand.nonce(), {}, { origin: evil }),
    owner.prove("sync", stand.nonce(), {}, { workspace: "3h3tBWPoWQxqVSBkBmwdPYgcoZEg" }),
    { ...owner.prove("manage", stand.nonce()), purpose: "sync" as const },
    new TestDevice().prove("sync", stand.nonce(), { publicKey: owner.publicKey }),
    { ...owner.prove("sync", stand.nonce()), signature: "A".repeat(86) },
    { ...owner.prove("sync", stand.nonce()), signature: "" },
  ];
  for (const proof of signed) expect(stand.access.ticket(proof)).toBeUndefined();
});

test("attack: nonces without end cost no memory, and tickets without end give way to each other", () => {
  const nonces = new Set<string>();
  for (let i = 0; i < 20_000; i++) nonces.add(stand.nonce());
  expect(nonces.size).toBe(20_000);
  const tickets = Array.from({ length: ticketsPerDeviceMax + 1 }, () => stand.ticket(owner));
  expect(redeem(tickets[0])).toBeUndefined();
  expect(redeem(tickets.at(-1))).toBeDefined();
});

/** A wrong one in the same part of all secrets as this one, or in another. */
function guess(secret: string, isNear: boolean): string {
  const part = (each: string): string => each.slice(0, 3);
  for (let i = 0; ; i++) {
    const guessed = `guess ${i}`;
    if ((part(idOfSecret(guessed)) === part(idOfSecret(secret))) === isNear) return guessed;
  }
}

test("attack: secrets are guessed: after a few wrong ones even a right one has to wait, and others do not", async () => {
  const { secret } = await invited("editor");
  const near = guess(secret, true);
  for (let i = 0; i < attemptBurst; i++) expect(stand.access.offer(near, "address")).toBeUndefined();
  expect(stand.access.offer(secret, "address")).toBeUndefined();
  expect(await stand.accept(new TestDevice(), secret)).toEqual({ ok: false, refusal: "invite-invalid" });
  expect(stand.access.offer(secret, "elsewhere")?.role).toBe("editor");
  forgive();
  expect(stand.access.offer(secret, "address")?.role).toBe("editor");
});

test("attack: a bad neighbour at the same address does not lock out who has an invite, or is in", async () => {
  const { secret } = await invited("editor");
  const far = guess(secret, false);
  for (let i = 0; i < 10 * attemptBurst; i++) {
    stand.access.offer(far, "address");
    stand.access.ticket({ ...owner.prove("sync", stand.nonce()), signature: "A".repeat(86) });
    stand.door.redeem("A".repeat(43), "sync");
  }
  expect(redeem(stand.ticket(owner))).toBeDefined();
  expect(await stand.accept(new TestDevice(), secret)).toEqual({ ok: true });
});

test("attack: an invite is used more often than it may be, after its time, or after it was withdrawn", async () => {
  const { secret } = await invited("editor", operator, { uses: 2 });
  const devices = Array.from({ length: 3 }, () => new TestDevice());
  const done = await Promise.all(devices.map((each) => stand.accept(each, secret)));
  expect(done.filter(({ ok }) => ok)).toHaveLength(2);
  const late = await invited("editor");
  stand.nowMs += inviteLastsMs;
  expect(await stand.accept(new TestDevice(), late.secret)).toEqual({ ok: false, refusal: "invite-invalid" });
  const withdrawn = await invited("editor");
  await stand.access.decide((roster, nowMs) =>
    grants.withdrawInvite(roster, operator, idOfSecret(withdrawn.secret), nowMs),
  );
  expect(await stand.accept(new TestDevice(), withdrawn.secret)).toEqual({
    ok: false,
    refusal: "invite-invalid",
  });
});

test("attack: one invite at two nodes at once is used once", async () => {
  const records = new MemoryRecords();
  const [one, two] = [await Stand.open(records), await Stand.open(records)];
  const { secret } = await one.invite("owner");
  await two.access.refresh();
  const done = await Promise.all([one, two].map((each) => each.accept(new TestDevice(), secret)));
  expect(done.filter(({ ok }) => ok)).toHaveLength(1);
  expect([...records.rows.keys()].filter((key) => key.startsWith("device/"))).toHaveLength(1);
});

test("attack: an invite above one's role, or by somebody who may not invite", async () => {
  const [editor, commenter, viewer] = [
    await joined("editor"),
    await joined("commenter"),
    await joined("viewer"),
  ];
  for (const [device, role] of [
    [editor, "owner"],
    [commenter, "viewer"],
    [viewer, "viewer"],
    [new TestDevice(), "viewer"],
  ] as const)
    expect((await invited(role, by(device))).done).toEqual({ ok: false, refusal: "forbidden" });
  expect((await invited("editor", by(editor))).done).toEqual({ ok: true });
  expect((await invited("viewer", operator, { uses: inviteUsesMax + 1 })).done.ok).toBe(false);
});

test("attack: an invite outlives what its maker may give", async () => {
  const editor = await joined("editor");
  const { secret } = await invited("editor", by(editor));
  await stand.access.decide((roster, nowMs) =>
    grants.changeRole(roster, by(owner), memberOf(editor), "viewer", nowMs),
  );
  expect(stand.access.offer(secret, "address")).toBeUndefined();
  expect(await stand.accept(new TestDevice(), secret)).toEqual({ ok: false, refusal: "invite-invalid" });
});

test("attack: a member takes an invite to a higher role with a device that is in already", async () => {
  const viewer = await joined("viewer");
  const { secret } = await invited("owner");
  expect(await stand.accept(viewer, secret)).toEqual({ ok: false, refusal: "already-member" });
  expect(roleOf(viewer)).toBe("viewer");
});

test("a revoked device is nobody at once: its tickets and its role are gone, and its sockets are named", async () => {
  const editor = await joined("editor");
  const ticket = stand.ticket(editor);
  const caller = redeem(stand.ticket(editor));
  stand.changed.length = 0;
  const done = await stand.access.decide((roster, nowMs) =>
    grants.revokeDevice(roster, by(owner), editor.id, nowMs),
  );
  expect([done, stand.changed]).toEqual([{ ok: true }, [[editor.id]]]);
  expect([
    redeem(ticket),
    stand.ticket(editor),
    caller && stand.access.roster.roleOfDevice(caller.device),
  ]).toEqual([undefined, undefined, undefined]);
});

test("who was revoked and is invited again is who they were; a device that was lost meanwhile is not back with them", async () => {
  const first = await joined("editor");
  const member = memberOf(first);
  const { secret: forSecond } = await invited("editor", by(first), { member });
  const second = new TestDevice();
  expect(await stand.accept(second, forSecond)).toEqual({ ok: true });
  expect(memberOf(second)).toBe(member);
  await stand.access.decide((roster, nowMs) => grants.removeMember(roster, by(owner), member, nowMs));
  expect([roleOf(first), roleOf(second)]).toEqual([undefined, undefined]);
  const { secret } = await invited("viewer");
  expect(await stand.accept(second, secret)).toEqual({ ok: true });
  expect([roleOf(first), roleOf(second), memberOf(second)]).toEqual([undefined, "viewer", member]);
});

test("a workspace that is not there answers as one that knows nobody, also to who signs well", async () => {
  const elsewhere = makeDocumentId();
  const stranger = new TestDevice();
  const shown = (workspace: string, more: Partial<Proof> = {}) =>
    stranger.prove("sync", stand.nonce(), more, { workspace });
  const taking = { secret: "guess", name: "Eve", deviceName: "x" };
  const answers = async (workspace: string) => {
    const invite = idOfSecret("guess");
    const accepting = stranger.prove("accept", stand.nonce(), {}, { workspace, invite });
    const twice = shown(workspace);
    const access = stand.door.at(workspace);
    return [
      access.ticket(twice),
      access.ticket(twice),
      access.ticket(shown(workspace, { signature: "A".repeat(86) })),
      access.offer("guess", "address"),
      await access.accept(accepting, taking, "address"),
      stand.door.redeem("A".repeat(43), "manage"),
    ];
  };
  expect(await answers(elsewhere)).toEqual(await answers(stand.access.workspace));
});

test("attack: one workspace's signatures, tickets and invites are shown at another of the same relay", async () => {
  const workspace = makeDocumentId();
  const { access } = await stand.door.add({ ...stand.setting, workspace, records: new MemoryRecords() });
  const { secret } = await invited("owner");
  const signedHere = owner.prove("sync", stand.nonce());
  const signedThere = owner.prove("sync", stand.nonce(), {}, { workspace });
  expect([access.ticket(signedHere), access.ticket(signedThere)]).toEqual([undefined, undefined]);
  expect(access.offer(secret, "address")).toBeUndefined();
  expect(stand.door.admit(stand.ticket(owner) ?? "")?.workspace).toBe(stand.access.workspace);
});

test("attack: a stranger's signatures, which are good, fill nothing and tell nothing", () => {
  const stranger = new TestDevice();
  for (let i = 0; i < 100; i++) stand.access.ticket(stranger.prove("sync", stand.nonce()));
  expect([stand.door.nonces.remembered, stand.door.tickets.size]).toEqual([1, 0]);
});

test("unknown, revoked and removed devices and wrong keys are refused after the same work", async () => {
  const [revoked, removed] = [await joined("editor"), await joined("editor")];
  await stand.decide((roster, nowMs) => grants.revokeDevice(roster, by(owner), revoked.id, nowMs));
  await stand.decide((roster, nowMs) => grants.removeMember(roster, by(owner), memberOf(removed), nowMs));
  const verify = vi.spyOn(stand.door.setting.crypto, "verify");
  const proofs = [new TestDevice(), revoked, removed].map((each) => each.prove("sync", stand.nonce()));
  const wrong = { ...owner.prove("sync", stand.nonce()), signature: "A".repeat(86) };
  for (const proof of [...proofs, wrong]) {
    verify.mockClear();
    expect(stand.access.ticket(proof)).toBeUndefined();
    expect(stand.door.at(makeDocumentId()).ticket(proof)).toBeUndefined();
    expect(verify).toHaveBeenCalledTimes(2);
  }
  verify.mockRestore();
});

test("attack: what a stolen device gave away is void once it is revoked", async () => {
  const stolen = await joined("owner");
  const member = memberOf(stolen);
  const [forItself, forFriend] = [
    await invited("owner", by(stolen), { member, uses: 10 }),
    await invited("owner", by(stolen)),
  ];
  await stand.decide((roster, nowMs) => grants.revokeDevice(roster, by(owner), stolen.id, nowMs));
  for (const { secret, done } of [forItself, forFriend]) {
    expect(done).toEqual({ ok: true });
    expect(stand.access.offer(secret, "address")).toBeUndefined();
    expect(await stand.accept(new TestDevice(), secret)).toEqual({ ok: false, refusal: "invite-invalid" });
  }
});

test("attack: invites of somebody who went come back to life with them, or with their device", async () => {
  const [editor, other] = [await joined("editor"), await joined("editor")];
  const member = memberOf(editor);
  const ofRevoked = await invited("viewer", by(editor));
  await stand.decide((roster, nowMs) => grants.revokeDevice(roster, by(owner), editor.id, nowMs));
  expect(stand.access.roster.invites).toEqual([]);
  expect(await stand.accept(editor, (await invited("editor", operator, { member })).secret)).toEqual({
    ok: true,
  });
  const made = [
    await invited("viewer", by(editor)),
    await invited("editor", by(editor), { member }),
    await invited("editor", by(owner), { member }),
  ];
  const left = await invited("viewer", by(other));
  await stand.decide((roster, nowMs) => grants.removeMember(roster, by(owner), member, nowMs));
  expect(stand.access.roster.invites.map(({ id }) => id)).toEqual([idOfSecret(left.secret)]);
  expect(await stand.accept(editor, (await invited("editor")).secret)).toEqual({ ok: true });
  expect([memberOf(editor), roleOf(editor)]).toEqual([member, "editor"]);
  for (const { secret, done } of [ofRevoked, ...made]) {
    expect(done).toEqual({ ok: true });
    expect(await stand.accept(new TestDevice(), secret)).toEqual({ ok: false, refusal: "invite-invalid" });
  }
});

test("attack: a stolen device that is revoked comes back by any invite as its owner, who goes on with another", async () => {
  const second = await joined("owner", by(owner), { member: memberOf(owner) });
  const editor = await joined("editor");
  await stand.decide((roster, nowMs) => grants.revokeDevice(roster, by(second), owner.id, nowMs));
  const { secret } = await invited("viewer", by(editor));
  expect(await stand.accept(owner, secret)).toEqual({ ok: false, refusal: "forbidden" });
  expect([roleOf(second), roleOf(owner)]).toEqual(["owner", undefined]);
  // They let it in again themselves.
  const again = await invited("owner", by(second), { member: memberOf(second) });
  expect(await stand.accept(owner, again.secret)).toEqual({ ok: true });
  expect(memberOf(owner)).toBe(memberOf(second));
});

test("attack: the last owner's only device is revoked, and comes back with an invite to less", async () => {
  const editor = await joined("editor");
  await stand.decide((roster, nowMs) => grants.revokeDevice(roster, operator, owner.id, nowMs));
  const { secret } = await invited("viewer", by(editor));
  expect(await stand.accept(owner, secret)).toEqual({ ok: false, refusal: "last-owner" });
  const asOwner = await invited("owner");
  expect(await stand.accept(owner, asOwner.secret)).toEqual({ ok: true });
});

test("attack: somebody makes an invite in the place of another's, or so many that there is room for none", async () => {
  const editor = await joined("editor");
  const { secret } = await invited("owner", by(owner));
  const { done } = await invited("viewer", by(editor), { id: idOfSecret(secret) });
  expect(done).toEqual({ ok: false, refusal: "forbidden" });
  expect(stand.access.offer(secret, "address")?.role).toBe("owner");
  for (let i = 0; i < invitesPerMemberMax; i++)
    expect((await invited("viewer", by(editor))).done).toEqual({ ok: true });
  expect((await invited("viewer", by(editor))).done).toEqual({ ok: false, refusal: "too-many" });
  expect((await invited("viewer", by(owner))).done).toEqual({ ok: true });
  // Those that are over hold no place.
  stand.nowMs += inviteLastsMs;
  expect((await invited("viewer", by(editor))).done).toEqual({ ok: true });
  expect(stand.access.roster.invites).toHaveLength(1);
});

test("attack: two owners let each other go at two nodes at once: one stays", async () => {
  const other = await joined("owner");
  const second = await Stand.open(stand.records);
  const [one, two] = [memberOf(owner), memberOf(other)];
  const [first, then] = await Promise.all([
    stand.decide((roster, nowMs) => grants.changeRole(roster, by(owner), two, "viewer", nowMs)),
    second.decide((roster, nowMs) => grants.changeRole(roster, by(other), one, "viewer", nowMs)),
  ]);
  expect([first.ok, then.ok].filter(Boolean)).toHaveLength(1);
  const after = await Stand.open(stand.records);
  expect(after.access.roster.owners).toHaveLength(1);
});

test("attack: an owner who was revoked on another node decides nothing any more", async () => {
  const other = await joined("owner");
  const behind = await Stand.open(stand.records);
  await stand.decide((roster, nowMs) => grants.revokeDevice(roster, by(owner), other.id, nowMs));
  // That node has not heard of it.
  expect(behind.roleOf(other)).toBe("owner");
  const { done } = await behind.invite("owner", by(other));
  expect(done).toEqual({ ok: false, refusal: "forbidden" });
  expect([behind.roleOf(other), behind.changed]).toEqual([undefined, [[other.id]]]);
});

test("there is always an owner, but for what the operator does", async () => {
  const last = { ok: false, refusal: "last-owner" };
  const member = memberOf(owner);
  const decide = stand.access.decide.bind(stand.access);
  expect(await decide((roster, nowMs) => grants.removeMember(roster, by(owner), member, nowMs))).toEqual(
    last,
  );
  expect(
    await decide((roster, nowMs) => grants.changeRole(roster, by(owner), member, "editor", nowMs)),
  ).toEqual(last);
  expect(
    await decide((roster, nowMs) => grants.changeRole(roster, operator, member, "editor", nowMs)),
  ).toEqual({
    ok: true,
  });
});

test("with records that cannot be read or written nobody gets in and nothing is granted", async () => {
  const records = new MemoryRecords();
  records.failing = true;
  const shut = await Stand.open(records);
  expect(await shut.invite("owner")).toMatchObject({
    done: { ok: false, refusal: "unavailable" },
  });
  stand.records.failing = true;
  const done = await stand.access.decide((roster, nowMs) =>
    grants.revokeDevice(roster, by(owner), owner.id, nowMs),
  );
  expect([done, roleOf(owner)]).toEqual([{ ok: false, refusal: "unavailable" }, "owner"]);
});

test("with a row that is none nobody gets in: what else it said is not known", async () => {
  const key = `member/${memberOf(owner)}`;
  stand.records.rows.set(
    key,
    (stand.records.rows.get(key) ?? "").replace('"role":"owner"', '"role":"emperor"'),
  );
  const again = await Stand.open(stand.records);
  expect(await again.access.open()).toBe(false);
  expect(again.access.roster.roleOfDevice(owner.id)).toBeUndefined();
});

test("everything that was decided is in the audit, and nothing of it is a secret", async () => {
  const editor = await joined("editor", by(owner));
  await stand.access.decide((roster, nowMs) => grants.revokeDevice(roster, by(owner), editor.id, nowMs));
  const { entries } = await stand.records.audit(0, 100);
  expect(entries.map(({ value }) => (JSON.parse(value) as { what: string }).what)).toEqual([
    "invited",
    "joined",
    "invited",
    "joined",
    "device-revoked",
  ]);
  expect(entries.map(({ value }) => value).join()).not.toContain("secret-");
});
