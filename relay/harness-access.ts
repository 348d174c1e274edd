/** For tests only: real keys and hashes, records in memory, and devices that sign. */
import { generateKeyPairSync, randomBytes, sign, type KeyObject } from "node:crypto";
import { challengeText, type Purpose } from "./protocol/challenge.ts";
import { ed25519SpkiHead, nodeCrypto } from "./server/crypto.ts";
import { Access, type Done, type Proof } from "./access/access.ts";
import type { By } from "./access/decision.ts";
import { Door } from "./access/door.ts";
import { toBase64url, toHex } from "./access/encoding.ts";
import { invite, type InviteWanted } from "./access/grants.ts";
import { MemberSession } from "./access/member-session.ts";
import type { AuditPage, Records, Row, RowChange, Written } from "./access/ports.ts";
import { operator } from "./access/records.ts";
import type { Role } from "./protocol/roles.ts";
import { commentedBy, commentsOf } from "./store/documentId.ts";

export const idOfSecret = (secret: string): string => toHex(nodeCrypto.sha256(Buffer.from(secret)));

export class MemoryRecords implements Records {
  readonly rows = new Map<string, string>();
  readonly log: string[] = [];
  failing = false;

  load(): Promise<readonly Row[] | undefined> {
    return Promise.resolve(this.failing ? undefined : [...this.rows].map(([key, value]) => ({ key, value })));
  }
  async write(changes: readonly RowChange[], audit: readonly string[]): Promise<Written> {
    await Promise.resolve();
    if (this.failing) return { ok: false, stale: false, reason: "the disk is full" };
    if (changes.some(({ key, was }) => this.rows.get(key) !== was))
      return { ok: false, stale: true, reason: "somebody wrote first" };
    for (const { key, value } of changes)
      if (value === undefined) this.rows.delete(key);
      else this.rows.set(key, value);
    this.log.push(...audit);
    return { ok: true };
  }
  audit(after: number, count: number): Promise<AuditPage> {
    const entries = this.log.map((value, i) => ({ number: i + 1, value })).slice(after, after + count);
    return Promise.resolve({ entries });
  }
}

export const workspace = "2j9knpCseyhnK8izDmLpGP5WMdZQ";
export const origin = "wss://relay.example.org";
export const inviteLastsMs = 3_600_000;

export class TestDevice {
  readonly #key: KeyObject;
  readonly publicKey: string;
  readonly id: string;

  constructor() {
    const { privateKey, publicKey } = generateKeyPairSync("ed25519");
    this.#key = privateKey;
    const raw = new Uint8Array(
      publicKey.export({ format: "der", type: "spki" }).subarray(ed25519SpkiHead.length),
    );
    this.publicKey = toHex(raw);
    this.id = toHex(nodeCrypto.sha256(raw));
  }

  /** `said` is what it claims, `meant` what it signs, where they differ. */
  prove(
    purpose: Purpose,
    nonce: string,
    said: Partial<Proof> = {},
    meant: { workspace?: string; origin?: string; invite?: string } = {},
  ): Proof {
    const proof = { purpose, nonce, origin, publicKey: this.publicKey, ...said };
    const text = challengeText({ workspace, ...proof, ...meant });
    return { signature: toBase64url(new Uint8Array(sign(null, Buffer.from(text), this.#key))), ...proof };
  }
}

/** A workspace behind a door, whose clock stands still. */
export class Stand {
  readonly records: MemoryRecords;
  readonly door: Door;
  readonly access: Access;
  readonly changed: string[][] = [];
  /** Documents of which something is stored. */
  readonly stored = new Set<string>();
  /** Entries of the audit. */
  lost = 0;
  readonly #timers: (() => void)[] = [];
  nowMs = 1_700_000_000_000;
  #invites = 0;

  constructor(records = new MemoryRecords()) {
    this.records = records;
    this.door = new Door({
      origins: new Set([origin]),
      crypto: nodeCrypto,
      nowMs: () => this.nowMs,
      after: (_delayMs, run) => void this.#timers.push(run),
      commentedBy,
      commentsOf,
    });
    this.access = new Access(this.setting);
  }

  get setting() {
    return {
      workspace,
      records: this.records,
      door: this.door,
      isNew: (documentId: string) => Promise.resolve(!this.stored.has(documentId)),
      onChanged: (devices: ReadonlySet<string>) => void this.changed.push([...devices]),
      onLost: (count: number) => void (this.lost += count),
    };
  }

  /** Whatever waits for its time is done. */
  async tick(): Promise<void> {
    for (const run of this.#timers.splice(0)) run();
    await new Promise((resolve) => setImmediate(resolve));
  }

  static async open(records?: MemoryRecords): Promise<Stand> {
    const stand = new Stand(records);
    const { access } = await stand.door.add(stand.setting);
    return Object.assign(stand, { access });
  }

  nonce(): string {
    return this.door.nonces.make(this.nowMs);
  }

  /** A secret, as it is in a link. */
  secret(): string {
    return `secret-${++this.#invites}-${randomBytes(8).toString("hex")}`;
  }

  decide(decision: Parameters<Access["decide"]>[0]): Promise<Done> {
    return this.access.decide(decision);
  }

  async invite(
    role: Role,
    by: By = operator,
    more: Partial<InviteWanted> = {},
  ): Promise<{ readonly secret: string; readonly done: Done }> {
    const secret = this.secret();
    const wanted = { id: idOfSecret(secret), role, uses: 1, lastsMs: inviteLastsMs, ...more };
    return { secret, done: await this.decide((roster, nowMs) => invite(roster, by, wanted, nowMs)) };
  }

  accept(device: TestDevice, secret: string, name = "Ada"): Promise<Done> {
    const proof = device.prove("accept", this.nonce(), {}, { invite: idOfSecret(secret) });
    return this.access.accept(proof, { secret, name, deviceName: "Laptop" }, "address");
  }

  /** A new member, or a new device of one. */
  async join(role: Role, by?: By, more?: Partial<InviteWanted>): Promise<TestDevice> {
    const device = new TestDevice();
    const { secret } = await this.invite(role, by, more);
    const done = await this.accept(device, secret, role);
    if (!done.ok) throw new Error(`not let in: ${done.refusal}`);
    return device;
  }

  memberOf(device: TestDevice): string {
    return this.access.roster.device(device.id)?.member ?? "";
  }
  by(device: TestDevice): { readonly device: string; readonly member: string } {
    return { device: device.id, member: this.memberOf(device) };
  }
  roleOf(device: TestDevice): Role | undefined {
    return this.access.roster.roleOfDevice(device.id);
  }
  session(device: TestDevice): MemberSession {
    return new MemberSession(this.access, this.by(device));
  }

  ticket(device: TestDevice, purpose: Purpose = "sync"): string | undefined {
    return this.access.ticket(device.prove(purpose, this.nonce()));
  }
}
