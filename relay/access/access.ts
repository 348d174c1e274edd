/**
 * The access to one workspace: lets devices in by nonce, signature and ticket, answers what a session may do, and
 * carries out what members and the operator decide. One per workspace and store; every node of a relay shares it.
 *
 * Nothing here tells an outsider whether a workspace, a device or an invite is there: what is refused looks the same,
 * and takes the same work. The signature is checked by the key that came with it before anything is looked up.
 */
import { challengeText, type Purpose } from "../protocol/challenge.ts";
import type { AuditMessage } from "../protocol/access-messages.ts";
import { attemptsAgainMax, auditEntriesMax } from "../protocol/limits.ts";
import { readAuditEntry, type AuditEntry } from "./audit.ts";
import type { Decision, Refusal } from "./decision.ts";
import { fromBase64url, fromHex, toHex } from "./encoding.ts";
import { accept, offerOf, type Accepted } from "./grants.ts";
import type { Door } from "./door.ts";
import { Imports } from "./imports.ts";
import { Noted } from "./noted.ts";
import type { Records, RowChange } from "./ports.ts";
import { narrowedDocumentOf, personName, type Device, type Invite } from "./records.ts";
import { Roster, type Difference } from "./roster.ts";

export interface AccessSetting {
  /** Its document id. */
  readonly workspace: string;
  readonly records: Records;
  readonly door: Door;
  /** Whether nothing is stored of a document. */
  isNew(documentId: string): Promise<boolean>;
  /** These devices may now do something else than before, or nothing. */
  onChanged(devices: ReadonlySet<string>): void;
  /** So many entries of the audit could not be written. */
  onLost(count: number): void;
}

/** What a device shows to get a ticket or to be taken in. */
export interface Proof {
  readonly purpose: Purpose;
  readonly origin: string;
  readonly nonce: string;
  /** Hex. */
  readonly publicKey: string;
  /** Base64url. */
  readonly signature: string;
}

/** What somebody shows and says who takes an invite. */
export interface Taking {
  /** As it is in the link. The invite's id, its hash, would not do: members are shown it, and backups hold it. */
  readonly secret: string;
  /** What the person calls themselves and the device. */
  readonly name: string;
  readonly deviceName: string;
}

export type Done = { readonly ok: true } | { readonly ok: false; readonly refusal: Refusal | "unavailable" };

/** A device that has shown a ticket. What it may do is asked of the roster each time. */
export interface Caller {
  readonly device: string;
  readonly member: string;
}

export class Access {
  readonly #setting: AccessSetting;
  readonly #noted: Noted;
  readonly #imports = new Imports(this);
  #roster = new Roster();
  #isOpen = false;
  /** Decisions and looks at the records go one after another, so each is made on what the one before left. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(setting: AccessSetting) {
    this.#setting = setting;
    const { nowMs, after } = setting.door.setting;
    this.#noted = new Noted({
      nowMs,
      after,
      write: async (entries) => (await setting.records.write([], entries)).ok,
      lost: (count) => setting.onLost(count),
    });
  }

  /** False where the records cannot be read or believed: nobody is let in then. */
  open(): Promise<boolean> {
    return this.#inTurn(() => this.#look());
  }

  /** Somebody else has written: another node. */
  async refresh(): Promise<void> {
    await this.open();
  }

  /** Writes down what waits to be. */
  stop(): Promise<void> {
    return this.#noted.stop();
  }

  get workspace(): string {
    return this.#setting.workspace;
  }
  get roster(): Roster {
    return this.#roster;
  }
  get isOpen(): boolean {
    return this.#isOpen;
  }
  get nowMs(): number {
    return this.#door.setting.nowMs();
  }
  get #door(): Door {
    return this.#setting.door;
  }

  isNew(documentId: string): Promise<boolean> {
    return this.#setting.isNew(documentId);
  }
  commentsOf(documentId: string): string | undefined {
    return this.#door.setting.commentsOf(documentId);
  }
  /** The list of documents is a document like any other, whatever its id looks like. */
  commentedBy(documentId: string): string | undefined {
    return documentId === this.workspace ? undefined : this.#door.comments.commentedBy(documentId);
  }

  /** A ticket for a device of this workspace. */
  ticket(proof: Proof): string | undefined {
    const { purpose, publicKey, nonce } = proof;
    const device = this.#prove(proof);
    if (device === undefined || purpose === "accept") return undefined;
    const known = this.#roster.device(device);
    if (known?.publicKey !== publicKey || this.#roster.roleOfDevice(device) === undefined) return undefined;
    this.#door.nonces.use(nonce, this.nowMs);
    return this.#door.tickets.issue({ workspace: this.workspace, device, purpose }, this.nowMs);
  }

  /** Of a device that is in. */
  callerOf(device: string): Caller | undefined {
    const known = this.roster.device(device);
    return known && this.roster.roleOfDevice(device) !== undefined
      ? { device, member: known.member }
      : undefined;
  }

  /** What an invite offers, without using it. `address` is where the call came from. */
  offer(secret: string, address: string): Invite | undefined {
    const { attempts } = this.#door;
    const { nowMs } = this;
    const invite = this.#inviteOf(secret);
    if (!attempts.isAllowed(address, invite, nowMs)) return undefined;
    const found = offerOf(this.#roster, invite, nowMs);
    if (!found) attempts.failed(address, invite, nowMs);
    return found;
  }

  /** Takes a device in. */
  async accept(proof: Proof, taking: Taking, address: string): Promise<Done> {
    const [name, deviceName] = [personName.safeParse(taking.name), personName.safeParse(taking.deviceName)];
    const { publicKey } = proof;
    const invite = this.#inviteOf(taking.secret);
    const device = this.#prove(proof, invite);
    if (
      device === undefined ||
      proof.purpose !== "accept" ||
      !name.success ||
      !deviceName.success ||
      !this.offer(taking.secret, address)
    )
      return { ok: false, refusal: "invite-invalid" };
    this.#door.nonces.use(proof.nonce, this.nowMs);
    const memberId = toHex(this.#door.setting.crypto.random(16));
    const accepted: Accepted = {
      invite,
      publicKey,
      device,
      name: name.data,
      deviceName: deviceName.data,
      memberId,
    };
    return this.decide((roster, nowMs) => accept(roster, accepted, nowMs));
  }

  /** Lets the device of this caller bring a history from elsewhere into a document that is new here. */
  import(caller: Caller, documentId: string): Promise<Done> {
    return this.#imports.ask(caller, documentId);
  }
  /** A device has brought something into a document: what others import there ends. */
  wrote(caller: Caller, documentId: string): void {
    this.#imports.wrote(caller, documentId);
  }

  /** What was written down after an entry, for owners. */
  async audit(caller: Caller, after: number): Promise<readonly AuditMessage[] | "forbidden" | "unavailable"> {
    if (this.#roster.roleOfDevice(caller.device) !== "owner") return "forbidden";
    for (let last = after; ;) {
      const page = await this.#setting.records.audit(last, auditEntriesMax);
      if (!page) return "unavailable";
      const read = page.entries.flatMap(({ number, value }) => {
        const entry = readAuditEntry(value);
        return entry ? [{ number, ...entry }] : [];
      });
      // A page of nothing that can be read is not the end.
      if (read.length > 0 || page.entries.length === 0) return read;
      last = page.entries.at(-1)?.number ?? last;
    }
  }

  /**
   * Carries out a decision. It is made again where another node wrote meanwhile, so nothing is given twice. What was
   * taken is gone from memory, and its tickets with it, before this is answered.
   */
  decide(decision: (roster: Roster, nowMs: number) => Decision): Promise<Done> {
    return this.#inTurn(() => this.#decide(decision));
  }

  /** What happened of itself. */
  note(entry: Omit<AuditEntry, "atMs">): void {
    this.#noted.note({ atMs: this.nowMs, ...entry });
  }

  async #decide(decision: (roster: Roster, nowMs: number) => Decision): Promise<Done> {
    if (!this.#isOpen) return { ok: false, refusal: "unavailable" };
    for (let attempt = 0; attempt < attemptsAgainMax; attempt++) {
      const decided = decision(this.#roster, this.nowMs);
      if (!decided.ok) return decided;
      const written = await this.#setting.records.write(decided.changes, [JSON.stringify(decided.audit)]);
      if (written.ok) {
        this.#take(decided.changes);
        return { ok: true };
      }
      if (!written.stale || !(await this.#look())) return { ok: false, refusal: "unavailable" };
    }
    return { ok: false, refusal: "unavailable" };
  }

  #inTurn<Result>(run: () => Promise<Result>): Promise<Result> {
    const done = this.#last.then(run);
    this.#last = done.catch(() => {});
    return done;
  }

  /** The id of the invite that has this secret. */
  #inviteOf(secret: string): string {
    return toHex(this.#door.setting.crypto.sha256(secret));
  }

  /** The device's id, where all of it is right. Who uses it then uses the nonce up. */
  #prove(proof: Proof, invite?: string): string | undefined {
    const { nonces, setting } = this.#door;
    const { origins, crypto } = setting;
    const key = fromHex(proof.publicKey);
    const signature = fromBase64url(proof.signature);
    const text = challengeText({
      ...proof,
      workspace: this.workspace,
      ...(invite !== undefined && { invite }),
    });
    const isProved =
      key?.length === 32 &&
      signature?.length === 64 &&
      origins.has(proof.origin) &&
      nonces.isGood(proof.nonce, this.nowMs) &&
      crypto.verify(key, text, signature);
    return isProved ? toHex(crypto.sha256(key)) : undefined;
  }

  /** Reads the records anew. */
  async #look(): Promise<boolean> {
    const rows = await this.#setting.records.load();
    const differences = rows ? this.#roster.differencesTo(rows) : [];
    // Where they cannot be believed everybody is out, whatever is different.
    this.#change(differences, this.#roster.devices, () => {
      this.#isOpen = rows !== undefined;
      for (const { key, value } of differences) this.#isOpen = this.#roster.set(key, value) && this.#isOpen;
      if (!this.#isOpen) this.#roster = new Roster();
    });
    return this.#isOpen;
  }

  #take(changes: readonly RowChange[]): void {
    const differences = changes.filter(({ was, value }) => was !== value);
    this.#change(differences, this.#roster.concernedBy(differences), () => {
      for (const { key, value } of differences) this.#roster.set(key, value);
    });
  }

  /** `make` sets what is different, or forgets everything; nobody's standing changes by it but that of `concerned`. */
  #change(differences: readonly Difference[], concerned: readonly Device[], make: () => void): void {
    const documents = [...new Set(differences.flatMap(({ key }) => narrowedDocumentOf(key) ?? []))];
    const standing = (device: string): string =>
      [
        this.#roster.roleOfDevice(device),
        ...documents.map((each) => this.#roster.shareOfDevice(device, each)),
      ].join();
    const before = new Map(concerned.map(({ id }) => [id, standing(id)]));
    make();
    const changed = new Set<string>();
    for (const [id, was] of before) {
      if (standing(id) === was) continue;
      changed.add(id);
      if (this.#roster.roleOfDevice(id) === undefined) this.#door.tickets.revoke(this.workspace, id);
    }
    if (changed.size > 0) this.#setting.onChanged(changed);
  }
}
