/**
 * Too much of what anybody may ask of a relay that lets in members only, and bodies that no app sends.
 *
 * MUTATED_CALLS sets how many spoiled calls, MUTATED_SEED repeats a run.
 */
import { randomBytes, randomInt } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { seededRandom } from "../../scripts/faults/link.ts";
import { AttackedMembers } from "../harness-attacked-members.ts";
import { attackedStartMs } from "../harness-attacked.ts";
import { CallMutator } from "../harness-call-mutator.ts";
import { randomHashes } from "../harness-flood.ts";
import type { Visitor } from "../harness-join.ts";
import { flood, HttpSocket, post, upgrade } from "../harness-posts.ts";
import { Stage } from "../harness.ts";
import type { AccessCall, AccessCalls, PeopleMessage } from "../protocol/access-messages.ts";
import { httpBodyBytesMax } from "../protocol/limits.ts";
import { makeDocumentId } from "../store/documentId.ts";

const calls = Number(process.env["MUTATED_CALLS"] ?? 2_000);
const seed = Number(process.env["MUTATED_SEED"] ?? randomInt(2 ** 31));

const stage = new Stage();
let members: AttackedMembers;
let editor: Visitor;
beforeAll(async () => {
  members = await AttackedMembers.start(stage, { idleRoomMs: 500 });
  editor = await members.member("editor");
}, attackedStartMs);
afterAll(() => stage.end());

const all = (status: number, count: number) => new Map([[status, count]]);

test("attack: 50,000 nonces are asked for and never used", async () => {
  const { attacked, workspace } = members;
  const early = await editor.proof("sync");
  const request = post("/access/nonce", JSON.stringify({ workspace }));
  const pulse = await attacked.attack(async () => {
    expect(await flood(attacked.port, 25_000, () => request)).toEqual(all(200, 25_000));
  });
  expect(pulse.edits).toBeGreaterThan(5);
  // Those of others were not pushed out by it.
  expect((await editor.call("ticket", early)).status).toBe(200);
}, 60_000);

test("attack: 10,000 signatures that are wrong, for a device that is in and for none", async () => {
  const { attacked, workspace } = members;
  const nonce = await editor.nonce();
  const { origin } = editor;
  const { publicKey } = editor.device;
  const stranger = members.stranger();
  const good = await stranger.proof("sync");
  const pulse = await attacked.attack(async () => {
    const request = (i: number): string => {
      const signature = randomBytes(64).toString("base64url");
      const wrong = { workspace, purpose: "sync", origin, nonce, publicKey, signature };
      return post("/access/ticket", JSON.stringify(i % 2 ? wrong : good));
    };
    expect(await flood(attacked.port, 5_000, request)).toEqual(all(403, 5_000));
    expect(await editor.ticket()).not.toBe("");
  });
  expect(pulse.edits).toBeGreaterThan(5);
}, 60_000);

test("attack: 20,000 tickets that are none, at the upgrade and at calls", async () => {
  const { attacked } = members;
  const pulse = await attacked.attack(async () => {
    const ticket = (): string => randomBytes(32).toString("base64url");
    const request = (): string => post("/access/people", "{}", [`Authorization: Ticket ${ticket()}`]);
    expect(await flood(attacked.port, 9_000, request)).toEqual(all(403, 9_000));
    for (let i = 0; i < 1_000; i += 10) {
      const knocks = Array.from({ length: 10 }, async () => {
        const socket = await HttpSocket.open(attacked.port);
        const [answer] = await socket.ask(upgrade(`/sync?ticket=${ticket()}`));
        socket.close();
        return answer?.status;
      });
      expect(new Set(await Promise.all(knocks))).toEqual(new Set([401]));
    }
  });
  expect(pulse.edits).toBeGreaterThan(5);
}, 60_000);

test("attack: a member asks for tickets and for everybody's names without end", async () => {
  const { attacked } = members;
  const viewer = await members.member("viewer");
  await attacked.attack(async () => {
    for (let i = 0; i < 300; i++) {
      expect(await viewer.ticket()).not.toBe("");
      expect((await viewer.manage("people", {})).status).toBe(200);
    }
  });
}, 60_000);

test("attack: an editor invites and withdraws without end, and invites more than there is room for", async () => {
  const { attacked } = members;
  await attacked.attack(async () => {
    for (const invite of randomHashes(150)) {
      const body = { id: invite, role: "viewer", uses: 1, lastsMs: 60_000 };
      expect((await editor.manage("invite", body)).status).toBe(200);
      expect((await editor.manage("withdraw", { invite })).status).toBe(200);
    }
  });
  const statuses: number[] = [];
  for (const id of randomHashes(110))
    statuses.push((await editor.manage("invite", { id, role: "viewer", uses: 1, lastsMs: 60_000 })).status);
  expect(new Set(statuses)).toEqual(new Set([200, 409]));
  // There is room for others.
  expect(await members.stranger().accept(await members.invite("viewer"))).toBe(200);
}, 60_000);

test(
  `attack: ${calls} spoiled bodies, to every call, by an owner and by nobody, seed ${seed}`,
  async () => {
    const { attacked, workspace } = members;
    // An owner of a workspace of their own, where they may break what they like.
    const attacker = await members.anotherWorkspace("Spoiled");
    const victim = await members.member("editor", attacker);
    const secrets = randomHashes(3);
    const before = await attacked.memory();
    const proof = async (purpose: "sync" | "accept") =>
      attacker.proof(purpose, {}, { invite: secrets[0] ?? "" });
    const [sync, accept] = [await proof("sync"), await proof("accept")];
    const ids = { documentId: makeDocumentId(), member: await memberOf(attacker, victim) };
    const sound: AccessCallsSent = {
      nonce: { workspace },
      ticket: sync,
      offer: { workspace, secret: "x" },
      accept: { ...accept, secret: "x", name: "Eve", deviceName: "x" },
      people: {},
      invite: { id: secrets[1] ?? "", role: "viewer", uses: 1, lastsMs: 60_000 },
      withdraw: { invite: secrets[1] ?? "" },
      revoke: { device: victim.device.id },
      remove: { member: ids.member },
      role: { member: ids.member, role: "viewer" },
      narrow: { ...ids, share: "none" },
      rename: { name: "Spoiled" },
      import: { documentId: ids.documentId },
      audit: { after: 0 },
    };
    const mutator = new CallMutator(seededRandom(seed), Object.values(sound));
    const told = new Map<number, number>();
    const names = Object.keys(sound) as AccessCall[];
    let sent = 0;
    const lane = async (): Promise<void> => {
      let socket = await HttpSocket.open(attacked.port);
      while (sent < calls) {
        const name = names[sent++ % names.length] ?? "nonce";
        const body = mutator.next(sound[name]);
        const isNobody = sent % 7 === 0;
        const needsTicket = !["nonce", "ticket", "offer", "accept"].includes(name) && !isNobody;
        const headers = needsTicket ? [`Authorization: Ticket ${await attacker.ticket("manage")}`] : [];
        const [answer] = await socket.ask(post(`/access/${name}`, body, headers));
        // The answer to what is too long may be lost: the socket ends while there is still something on its way.
        const isTooLong = Buffer.byteLength(body) > httpBodyBytesMax;
        const status = answer?.status ?? (isTooLong ? 413 : 0);
        told.set(status, (told.get(status) ?? 0) + 1);
        if (![200, 400, 403, 409, 413].includes(status))
          throw new Error(`${name} ${body.slice(0, 500)} was answered with ${status}`);
        // What is too long ends the socket, and a socket may ask only so often.
        if (status !== 413 && sent % 50 !== 0) continue;
        socket.close();
        socket = await HttpSocket.open(attacked.port);
      }
      socket.close();
    };
    const pulse = await attacked.pulseDuring(async () => {
      await Promise.all(Array.from({ length: 4 }, lane));
    });
    await attacked.mustBeUnharmed(before);
    console.log(
      `${sent} spoiled calls`,
      JSON.stringify(Object.fromEntries(told)),
      `worst ${pulse.worstMs} ms`,
    );
    expect(pulse.worstMs).toBeLessThan(3_000);
    // The run did something: some were taken all the same, some were no calls, some not allowed.
    for (const status of [200, 400, 403])
      expect([status, (told.get(status) ?? 0) > calls / 50]).toEqual([status, true]);
    expect((await attacker.manage("people", {})).status).toBe(200);
  },
  60_000 + calls * 10,
);

async function memberOf(owner: Visitor, { device }: Visitor): Promise<string> {
  const { devices } = (await owner.manage("people", {})).body as PeopleMessage;
  return devices.find(({ id }) => id === device.id)?.member ?? "";
}

type AccessCallsSent = { readonly [Call in AccessCall]: AccessCalls[Call]["sends"] };
