/**
 * Unknown and forbidden look alike, down to the bytes on the wire, and take as long: whoever is outside learns nothing
 * of what is inside. Of a relay that lets in members only. Documents of which a member may not know are in
 * `../narrowing.test.ts`.
 *
 * Times are of one run, in which the kinds take turns: what else the machine does meanwhile befalls all of them.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { idOfSecret, TestDevice } from "../harness-access.ts";
import { AttackedMembers, invited } from "../harness-attacked-members.ts";
import { attackedStartMs } from "../harness-attacked.ts";
import { randomHashes } from "../harness-flood.ts";
import type { Visitor } from "../harness-join.ts";
import { HttpSocket, post, upgrade } from "../harness-posts.ts";
import { Stage } from "../harness.ts";
import { makeDocumentId } from "../store/documentId.ts";

const stage = new Stage();
let members: AttackedMembers;
beforeAll(async () => {
  members = await AttackedMembers.start(stage, { idleRoomMs: 500 });
}, attackedStartMs);
afterAll(() => stage.end());

const rounds = 300;
/** Not what a stranger could tell apart from afar, but what another path through the relay would show. */
const ratioMax = 1.5;

interface Kind {
  readonly name: string;
  /** The request of one round. */
  readonly requests: readonly string[];
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

/** All answers of all kinds, which are to be one, and the median time of each. `isLast`: each ends its socket. */
async function compared(
  kinds: readonly Kind[],
  isLast = false,
): Promise<{ readonly answers: ReadonlySet<string>; readonly medians: readonly number[] }> {
  const { port } = members.attacked;
  const answers = new Set<string>();
  const times = kinds.map((): number[] => []);
  let socket = await HttpSocket.open(port);
  let asked = 0;
  const count = Math.min(...kinds.map(({ requests }) => requests.length));
  for (let round = 0; round < count; round++) {
    // Who is first has the cache cold or warm: by turns.
    for (let i = 0; i < kinds.length; i++) {
      const at = (i + round) % kinds.length;
      if (isLast || ++asked % 500 === 0) {
        socket.close();
        socket = await HttpSocket.open(port);
        // The relay has seen that it is there, too.
        await new Promise((resolve) => setImmediate(resolve));
      }
      const startedMs = performance.now();
      const [answer] = await socket.ask(kinds[at]?.requests[round] ?? "");
      const tookMs = performance.now() - startedMs;
      answers.add(answer?.text ?? "");
      if (round >= count / 10) times[at]?.push(tookMs);
    }
  }
  socket.close();
  const medians = times.map(median);
  const told = kinds.map(({ name }, i) => `${name} ${(medians[i] ?? 0).toFixed(3)} ms`);
  console.log(`medians of ${count}: ${told.join(", ")}`);
  return { answers, medians };
}

const ratioOf = (medians: readonly number[]): number => Math.max(...medians) / Math.min(...medians);

/** Rounds of requests, made before any is sent, so that making them is not measured. */
async function made(name: string, request: (i: number) => Promise<string>): Promise<Kind> {
  const requests: string[] = [];
  for (let i = 0; i < rounds; i++) requests.push(await request(i));
  return { name, requests };
}

const asTicket = (proof: object): string => post("/access/ticket", JSON.stringify(proof));

test("attack: a ticket is asked for, to find out which workspaces and devices there are", async () => {
  const [editor, revoked, removed] = [
    await members.member("editor"),
    await members.member("editor"),
    await members.member("editor"),
  ];
  expect((await members.owner.manage("revoke", { device: revoked.device.id })).status).toBe(200);
  expect((await members.owner.manage("remove", { member: await members.memberOf(removed) })).status).toBe(
    200,
  );
  const unknown = members.stranger(makeDocumentId());
  const thief = new TestDevice();
  const { publicKey } = editor.device;
  const wrong = async (): Promise<string> => {
    const { workspace, origin } = editor;
    const nonce = await editor.nonce();
    const { signature } = thief.prove("sync", nonce, { origin, publicKey }, { workspace });
    return asTicket({ workspace, purpose: "sync", origin, nonce, publicKey, signature });
  };
  const of = (visitor: Visitor) => async () => asTicket(await visitor.proof("sync"));
  const { answers, medians } = await compared([
    await made("workspace unknown", of(unknown)),
    await made("device unknown", of(members.stranger())),
    await made("device revoked", of(revoked)),
    await made("member removed", of(removed)),
    await made("signature wrong", wrong),
  ]);
  expect([...answers].map((each) => each.slice(0, 12))).toEqual(["HTTP/1.1 403"]);
  expect(ratioOf(medians)).toBeLessThan(ratioMax);
}, 60_000);

test("attack: tickets are tried, to find out which of them were any", async () => {
  const [editor, revoked] = [await members.member("editor"), await members.member("editor")];
  const tickets: string[] = [];
  // Of so many only the last few are kept.
  for (let i = 0; i < rounds; i++) tickets.push(await editor.ticket("manage"));
  const lost = [await revoked.ticket(), await revoked.ticket()];
  await members.owner.manage("revoke", { device: revoked.device.id });
  const knock = (ticket: string): string => upgrade(`/sync?ticket=${ticket}`);
  const some = (of: readonly string[]) => (i: number) => Promise.resolve(knock(of[i % of.length] ?? ""));
  const random = randomHashes(rounds).map((hash) => Buffer.from(hash, "hex").toString("base64url"));
  const { answers, medians } = await compared(
    [
      await made("never given", some(random)),
      await made("given once, or for another purpose", some(tickets)),
      await made("of a device that is revoked", some(lost)),
      await made("for another purpose, or used up by that", some(tickets.slice(-8))),
    ],
    true,
  );
  expect([...answers].map((each) => each.slice(0, 12))).toEqual(["HTTP/1.1 401"]);
  expect(ratioOf(medians)).toBeLessThan(ratioMax);
}, 60_000);

test("attack: offers are asked for, to find out which invites there were", async () => {
  const { owner, workspace } = members;
  const taken: string[] = [];
  const withdrawn: string[] = [];
  for (let i = 0; i < 30; i++) {
    const [one, other] = [`taken ${i}`, `withdrawn ${i}`];
    await invited(owner, one, "viewer");
    expect(await members.stranger().accept(one)).toBe(200);
    taken.push(one);
    await invited(owner, other, "viewer");
    expect((await owner.manage("withdraw", { invite: idOfSecret(other) })).status).toBe(200);
    withdrawn.push(other);
  }
  const offer = (secret: string, at = workspace): string =>
    post("/access/offer", JSON.stringify({ workspace: at, secret }));
  // Each again and again, but not so often that a guesser would be made to wait.
  const some = (of: readonly string[], at?: string) => (i: number) =>
    Promise.resolve(offer(of[i % of.length] ?? "", at));
  const { answers, medians } = await compared([
    await made("never made", some(randomHashes(30))),
    await made("used up", some(taken)),
    await made("withdrawn", some(withdrawn)),
    await made("of a workspace that is not there", some(randomHashes(30), makeDocumentId())),
  ]);
  expect([...answers].map((each) => each.slice(0, 12))).toEqual(["HTTP/1.1 403"]);
  expect(ratioOf(medians)).toBeLessThan(ratioMax);
}, 60_000);

test("attack: one who is in asks for devices, members and invites of others, to find out which there are", async () => {
  const [viewer, other] = [await members.member("viewer"), await members.member("editor")];
  const secret = await members.invite("editor");
  const [device = "", invite = ""] = randomHashes(2);
  const member = "0".repeat(32);
  const there = {
    device: other.device.id,
    invite: idOfSecret(secret),
    member: await members.memberOf(other),
  };
  for (const [call, absent, present] of [
    ["revoke", { device }, { device: there.device }],
    ["withdraw", { invite }, { invite: there.invite }],
    ["remove", { member }, { member: there.member }],
    ["role", { member, role: "viewer" }, { member: there.member, role: "viewer" }],
    [
      "invite",
      { id: invite, role: "editor", uses: 1, lastsMs: 1_000, member },
      { id: invite, role: "editor", uses: 1, lastsMs: 1_000, member: there.member },
    ],
    [
      "narrow",
      { documentId: makeDocumentId(), share: "none", member },
      { documentId: makeDocumentId(), share: "none", member: there.member },
    ],
  ] as const) {
    const said = [await viewer.manage(call, absent), await viewer.manage(call, present)];
    expect([call, said[0]]).toEqual([call, said[1]]);
    expect(said[0]?.status).toBe(403);
  }
  const { body } = await viewer.manage("people", {});
  expect(JSON.stringify(body)).not.toContain(there.device);
  expect(JSON.stringify(body)).not.toContain(there.invite);
});
