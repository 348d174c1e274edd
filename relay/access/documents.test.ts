/** What a member may do in one document: roles, narrowing, comments, and histories from elsewhere. */
import { beforeEach, expect, test } from "vitest";
import { Stand, type TestDevice } from "../harness-access.ts";
import { listGenesisHash } from "../protocol/list-genesis.ts";
import { importMs, recoverMsMax } from "../protocol/limits.ts";
import type { Share } from "../protocol/roles.ts";
import { commentsOf, makeDocumentId } from "../store/documentId.ts";
import { authorize, openSession, refusalOf, type Action } from "./authorize.ts";
import { narrow, type Narrowed } from "./documents.ts";
import { recover, rename, revokeDevice } from "./grants.ts";
import { operator } from "./records.ts";

let stand: Stand;
let owner: TestDevice;
let editor: TestDevice;
let commenter: TestDevice;
let viewer: TestDevice;
let documentId: string;
let comments: string;
beforeEach(async () => {
  stand = await Stand.open();
  owner = await stand.join("owner");
  [editor, commenter, viewer] = [
    await stand.join("editor"),
    await stand.join("commenter"),
    await stand.join("viewer"),
  ];
  documentId = makeDocumentId();
  comments = commentsOf(documentId) ?? "";
  stand.changed.length = 0;
});

const narrowed = (wanted: Omit<Narrowed, "documentId">, who = owner, id = documentId) =>
  stand.decide((roster, nowMs) => narrow(roster, stand.by(who), { documentId: id, ...wanted }, nowMs));
const share = (device: TestDevice): string => stand.session(device).shareOf(documentId).share;
const may = (device: TestDevice, id: string): Action[] =>
  (["read", "present", "write"] as const).filter((action) => authorize(stand.session(device), id, action));
const everything: Action[] = ["read", "present", "write"];
const reading: Action[] = ["read", "present"];

test("a narrowed document: everybody but owners, or one member, and never more than the role", async () => {
  expect(await narrowed({ share: "none" }, editor)).toEqual({ ok: false, refusal: "forbidden" });
  await narrowed({ share: "commenter" });
  expect([owner, editor, viewer].map(share)).toEqual(["owner", "commenter", "viewer"]);
  await narrowed({ member: stand.memberOf(editor), share: "none" });
  expect([owner, editor, viewer].map(share)).toEqual(["owner", "none", "viewer"]);
  await narrowed({ share: undefined });
  expect([owner, editor, viewer].map(share)).toEqual(["owner", "none", "viewer"]);
  await narrowed({ member: stand.memberOf(editor), share: undefined });
  expect([owner, editor, viewer].map(share)).toEqual(["owner", "editor", "viewer"]);
});

test("who is narrowed is named, so that their sockets are closed, and nobody else", async () => {
  await narrowed({ share: "viewer" });
  expect(stand.changed).toEqual([[editor.id, commenter.id]]);
  await narrowed({ member: stand.memberOf(viewer), share: "none" });
  expect(stand.changed.slice(1)).toEqual([[viewer.id]]);
  // It changes nothing for them.
  await narrowed({ member: stand.memberOf(editor), share: "commenter" });
  expect(stand.changed.slice(2)).toEqual([]);
});

test("a narrowing that another node wrote closes sockets here as well", async () => {
  const second = await Stand.open(stand.records);
  await narrowed({ share: "none" });
  await second.access.refresh();
  expect(second.changed).toEqual([[editor.id, commenter.id, viewer.id]]);
  await second.access.refresh();
  expect(second.changed).toHaveLength(1);
});

test("while the records cannot be read nobody may do anything, and nobody is told that they are out", async () => {
  const session = stand.session(editor);
  stand.records.failing = true;
  await stand.access.refresh();
  expect([session.standing, may(editor, documentId), stand.changed.flat()]).toEqual([
    "unknown",
    [],
    [owner, editor, commenter, viewer].map(({ id }) => id),
  ]);
  stand.records.failing = false;
  await stand.access.refresh();
  expect([session.standing, may(editor, documentId)]).toEqual(["in", everything]);
});

test("who may comment writes in comments and nowhere else", () => {
  expect([owner, editor, commenter, viewer].map((each) => may(each, comments))).toEqual([
    everything,
    everything,
    everything,
    reading,
  ]);
  expect([owner, editor, commenter, viewer].map((each) => may(each, documentId))).toEqual([
    everything,
    everything,
    reading,
    reading,
  ]);
});

test("attack: a commenter writes in the list of documents, or in what is no comments by its id", () => {
  const { workspace } = stand.access;
  expect(may(commenter, workspace)).toEqual(reading);
  for (const id of [`${comments}1`, comments.slice(1), "1".repeat(28)])
    expect([id, may(commenter, id)]).toEqual([id, reading]);
});

test.each<[Share | undefined, Share | undefined, Action[], Action[]]>([
  // [of the document, of its comments, what an editor may do in comments, what a commenter may]
  [undefined, undefined, everything, everything],
  ["commenter", undefined, everything, everything],
  ["viewer", undefined, reading, reading],
  ["none", undefined, [], []],
  [undefined, "viewer", reading, reading],
  [undefined, "none", [], []],
  ["editor", "viewer", reading, reading],
  ["none", "editor", [], []],
])(
  "comments on a document that is narrowed to %s, themselves to %s",
  async (ofIt, own, byEditor, byCommenter) => {
    if (ofIt !== undefined) await narrowed({ share: ofIt });
    if (own !== undefined) await narrowed({ share: own }, owner, comments);
    expect([may(editor, comments), may(commenter, comments)]).toEqual([byEditor, byCommenter]);
    expect(may(owner, comments)).toEqual(everything);
  },
);

const ownActor = (device: TestDevice): string => device.id.slice(0, 16) + "00".repeat(8);
const by = (author: TestDevice) => ({ actor: ownActor(author), hash: "00".repeat(32) });
const refusals = (device: TestDevice, id = documentId) =>
  [device, owner].map((author) => refusalOf(stand.session(device), id, by(author)));
const importing = (device: TestDevice, id = documentId) => stand.access.import(stand.by(device), id);

test("whoever may write brings their own changes, and others' only by an import", async () => {
  expect([refusals(editor), refusals(viewer), refusals(commenter, comments)]).toEqual([
    [undefined, "foreign-actor"],
    ["read-only", "read-only"],
    [undefined, "foreign-actor"],
  ]);
  expect(refusalOf(openSession, documentId, by(owner))).toBeUndefined();
  expect(await importing(editor)).toEqual({ ok: true });
  expect([refusals(editor), refusals(editor, makeDocumentId())]).toEqual([
    [undefined, undefined],
    [undefined, "foreign-actor"],
  ]);
  // It is this device's alone, and does not close its sockets.
  const other = await stand.join("editor");
  expect([refusals(other), stand.changed]).toEqual([[undefined, "foreign-actor"], []]);
});

test("an import lasts, also over a restart, until its time is over, and may be asked for again meanwhile", async () => {
  await importing(editor);
  stand.stored.add(documentId);
  expect(await importing(editor)).toEqual({ ok: true });
  const again = await Stand.open(stand.records);
  again.nowMs = stand.nowMs + importMs - 1;
  expect(refusalOf(again.session(editor), documentId, by(owner))).toBeUndefined();
  again.nowMs++;
  expect(refusalOf(again.session(editor), documentId, by(owner))).toBe("foreign-actor");
  again.stored.add(documentId);
  expect(await again.access.import(again.by(editor), documentId)).toEqual({ ok: false, refusal: "not-new" });
});

test("attack: an import into what is there, into the list of documents, or by who may not write", async () => {
  stand.stored.add(documentId);
  expect(await importing(editor)).toEqual({ ok: false, refusal: "not-new" });
  expect(await importing(editor, stand.access.workspace)).toEqual({ ok: false, refusal: "not-new" });
  const fresh = makeDocumentId();
  for (const device of [viewer, commenter])
    expect(await importing(device, fresh)).toEqual({ ok: false, refusal: "forbidden" });
  expect(await importing(commenter, commentsOf(fresh))).toEqual({ ok: false, refusal: "forbidden" });
  await narrowed({ share: "none" }, owner, fresh);
  expect(await importing(editor, fresh)).toEqual({ ok: false, refusal: "forbidden" });
});

test("attack: an editor takes over the comments on a document before anybody has commented", async () => {
  stand.stored.add(documentId);
  expect(await importing(editor, comments)).toEqual({ ok: false, refusal: "not-new" });
  const fresh = makeDocumentId();
  expect(await importing(editor, fresh)).toEqual({ ok: true });
  stand.stored.add(fresh);
  // With the document that it brings itself its comments may come.
  expect(await importing(editor, commentsOf(fresh))).toEqual({ ok: true });
});

test("attack: an import goes on after its device may not write there any more", async () => {
  await importing(editor);
  await narrowed({ share: "commenter" });
  expect(refusals(editor)).toEqual(["read-only", "read-only"]);
  const other = await stand.join("editor");
  const fresh = makeDocumentId();
  await importing(other, fresh);
  await stand.decide((roster, nowMs) => revokeDevice(roster, stand.by(owner), other.id, nowMs));
  expect(refusals(other, fresh)).toEqual(["read-only", "read-only"]);
  // Nothing is kept of it: one that is new takes it away.
  await importing(editor, makeDocumentId());
  expect(stand.access.roster.imports.map(({ device }) => device)).not.toContain(other.id);
});

test("attack: an import is used to forge after somebody else has written there", async () => {
  const [other, again] = [await stand.join("editor"), makeDocumentId()];
  for (const id of [documentId, comments, again]) await importing(editor, id);
  await importing(other);
  stand.session(editor).wrote(documentId);
  stand.session(editor).wrote(comments);
  // Its own changes end nothing of its own, but what another device imports there.
  expect([refusals(editor), refusals(editor, comments), refusals(other)]).toEqual([
    [undefined, undefined],
    [undefined, undefined],
    [undefined, "foreign-actor"],
  ]);
  stand.session(other).wrote(documentId);
  // At once, and for its comments as well.
  expect([refusals(editor), refusals(editor, comments), refusals(editor, again)]).toEqual([
    [undefined, "foreign-actor"],
    [undefined, "foreign-actor"],
    [undefined, undefined],
  ]);
  stand.stored.add(documentId);
  expect(await importing(editor)).toEqual({ ok: false, refusal: "not-new" });
  // Also over a restart, and it is written down.
  const { access } = await Stand.open(stand.records);
  expect(access.roster.imports.map((each) => each.documentId)).toEqual([again]);
  const entries = await access.audit(stand.by(owner), 0);
  expect((Array.isArray(entries) ? entries : []).filter(({ what }) => what === "import-ended")).toMatchObject(
    [
      { device: editor.id, documentId },
      { device: other.id, documentId },
    ],
  );
});

test("attack: somebody writes while it is looked up whether the document is new, or before it is granted", async () => {
  const other = await stand.join("editor");
  const asked = importing(editor);
  stand.session(other).wrote(documentId);
  expect(await asked).toEqual({ ok: false, refusal: "not-new" });
  const fresh = makeDocumentId();
  const ofComments = importing(editor, commentsOf(fresh));
  stand.session(other).wrote(fresh);
  expect(await ofComments).toEqual({ ok: false, refusal: "not-new" });
  const write = stand.records.write.bind(stand.records);
  // While the grant is being written.
  const late = makeDocumentId();
  stand.records.write = (changes, audit) => {
    stand.session(other).wrote(late);
    return write.call(stand.records, changes, audit);
  };
  expect(await importing(editor, late)).toEqual({ ok: false, refusal: "not-new" });
  stand.records.write = write;
  expect(refusals(editor, late)).toEqual([undefined, "foreign-actor"]);
  // Its turn comes after what was decided before.
  await stand.access.refresh();
  expect((await Stand.open(stand.records)).access.roster.imports).toEqual([]);
});

test("the first change of the list is taken from everybody who may write, and in the list only", () => {
  const genesis = { actor: "00".repeat(16), hash: listGenesisHash };
  const { workspace } = stand.access;
  const told = (device: TestDevice, id: string) => refusalOf(stand.session(device), id, genesis);
  expect([told(editor, workspace), told(viewer, workspace)]).toEqual([undefined, "read-only"]);
  expect(told(editor, documentId)).toBe("foreign-actor");
});

test("while the operator lets a workspace recover, editors bring back everybody's changes; then no more", async () => {
  const recovering = (lastsMs: number) => stand.decide((roster, nowMs) => recover(roster, lastsMs, nowMs));
  expect(await recovering(recoverMsMax + 1)).toEqual({ ok: false, refusal: "too-many" });
  expect(await recovering(60_000)).toEqual({ ok: true });
  expect([refusals(editor), refusals(viewer), refusals(commenter, comments)]).toEqual([
    [undefined, undefined],
    ["read-only", "read-only"],
    // It brings its own only.
    [undefined, "foreign-actor"],
  ]);
  stand.nowMs += 60_000;
  expect(refusals(editor)).toEqual([undefined, "foreign-actor"]);
  await recovering(60_000);
  expect(await recovering(0)).toEqual({ ok: true });
  expect(refusals(editor)).toEqual([undefined, "foreign-actor"]);
  const whats = stand.records.log.map((each) => (JSON.parse(each) as { what: string }).what);
  expect(whats.slice(-3)).toEqual(["recovery-opened", "recovery-opened", "recovery-ended"]);
});

test("owners and the operator name the workspace, others do not; a name is one line", async () => {
  const { workspace: id } = stand.access;
  const name = (): string => stand.access.roster.name;
  const renamed = (by: typeof operator | ReturnType<Stand["by"]>, wanted: string) =>
    stand.decide((roster, nowMs) => rename(roster, by, { id, name: wanted }, nowMs));
  expect(name()).toBe("Workspace");
  expect(await renamed(stand.by(editor), "Mine")).toEqual({ ok: false, refusal: "forbidden" });
  await renamed(stand.by(owner), "The novel");
  expect(name()).toBe("The novel");
  await renamed(operator, "Our novel");
  expect((await Stand.open(stand.records)).access.roster.name).toBe("Our novel");
});

test("the audit is for owners, in pages, and what cannot be read does not end it", async () => {
  await importing(editor);
  const entries = await stand.access.audit(stand.by(owner), 0);
  expect(Array.isArray(entries) ? entries.at(-1) : entries).toMatchObject({
    what: "imported",
    who: stand.memberOf(editor),
    device: editor.id,
    documentId,
    atMs: stand.nowMs,
  });
  for (const device of [editor, viewer])
    expect(await stand.access.audit(stand.by(device), 0)).toBe("forbidden");
  const { length } = stand.records.log;
  stand.records.log.push(...Array.from({ length: 2_500 }, () => "{}"));
  await importing(editor, makeDocumentId());
  const rest = await stand.access.audit(stand.by(owner), length);
  expect(Array.isArray(rest) ? rest.map(({ what }) => what) : rest).toEqual(["imported"]);
});
