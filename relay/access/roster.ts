/**
 * Who may do what in one workspace, in memory: asked for every frame. It is what the records say, and changes only by
 * them, so any node that has read the same records decides the same. But an import ends here before it is written.
 */
import { lesser, type Role, type Share } from "../protocol/roles.ts";
import {
  concernedBy,
  keyOf,
  readRow,
  type AccessRecord,
  type Device,
  type Import,
  type Invite,
  type Member,
  type Narrowing,
} from "./records.ts";
import type { Row } from "./ports.ts";

export interface Difference {
  readonly key: string;
  /** Undefined is that it is not there any more. */
  readonly value: string | undefined;
}

/** Of a workspace that nobody has named. */
const unnamed = "Workspace";
/** In the place of a member: everybody. */
const everybody = "";

export class Roster {
  readonly #members = new Map<string, Member>();
  readonly #devices = new Map<string, Device>();
  readonly #invites = new Map<string, Invite>();
  /** By document, then by member. */
  readonly #narrowings = new Map<string, Map<string, Narrowing>>();
  /** By document, then by device. */
  readonly #imports = new Map<string, Map<string, Import>>();
  #name = unnamed;
  #recoveryUntilMs = 0;
  /** As they stand, by key. */
  readonly #values = new Map<string, string>();
  #version = 0;

  /** Another number wherever anything may be otherwise than before. */
  get version(): number {
    return this.#version;
  }

  /** For one that is new, at the command line. Returns the keys of rows that are none. */
  load(rows: readonly Row[]): string[] {
    return rows.flatMap(({ key, value }) => (this.set(key, value) ? [] : [key]));
  }

  /** Takes over what was written; undefined is that it was taken away. False where it is no record. */
  set(key: string, value: string | undefined): boolean {
    this.#version++;
    const before = this.#values.get(key);
    const old = before === undefined ? undefined : readRow({ key, value: before });
    if (old) this.#forget(old);
    if (value === undefined) return this.#values.delete(key) || true;
    this.#values.set(key, value);
    const record = readRow({ key, value });
    if (record) this.#take(record);
    return record !== undefined;
  }

  /** What stands under the key of a record. */
  valueOf(record: AccessRecord): string | undefined {
    return this.#values.get(keyOf(record));
  }

  /** What has to be set for it to be what these rows say: all of them where it is new. */
  differencesTo(rows: readonly Row[]): readonly Difference[] {
    const gone = new Set(this.#values.keys());
    const others = rows.filter(({ key, value }) => {
      gone.delete(key);
      return this.#values.get(key) !== value;
    });
    return [...others, ...[...gone].map((key) => ({ key, value: undefined }))];
  }

  /** Devices that may be able to do something else by this: few as a rule, and of decisions there may be many. */
  concernedBy(differences: readonly Difference[]): readonly Device[] {
    const devices = new Set<string>();
    const members = new Set<string>();
    for (const { key } of differences) {
      const concerned = concernedBy(key);
      if (concerned === "everybody") return this.devices;
      if (concerned === "nobody") continue;
      if ("device" in concerned) devices.add(concerned.device);
      else members.add(concerned.member);
    }
    if (devices.size + members.size === 0) return [];
    return this.devices.filter(({ id, member }) => devices.has(id) || members.has(member));
  }

  get members(): readonly Member[] {
    return [...this.#members.values()];
  }
  get devices(): readonly Device[] {
    return [...this.#devices.values()];
  }
  get invites(): readonly Invite[] {
    return [...this.#invites.values()];
  }
  get narrowings(): readonly Narrowing[] {
    return [...this.#narrowings.values()].flatMap((narrowed) => [...narrowed.values()]);
  }
  get narrowingCount(): number {
    let count = 0;
    for (const narrowed of this.#narrowings.values()) count += narrowed.size;
    return count;
  }
  get imports(): readonly Import[] {
    return [...this.#imports.values()].flatMap((imports) => [...imports.values()]);
  }
  /** Of the workspace. */
  get name(): string {
    return this.#name;
  }
  member(id: string): Member | undefined {
    return this.#members.get(id);
  }
  device(id: string): Device | undefined {
    return this.#devices.get(id);
  }
  invite(id: string): Invite | undefined {
    return this.#invites.get(id);
  }

  /** Of a member who is not removed. */
  roleOf(memberId: string): Role | undefined {
    const member = this.#members.get(memberId);
    return member && member.endedMs === undefined ? member.role : undefined;
  }

  /** Of a device that is not revoked, whose member is not removed. */
  roleOfDevice(deviceId: string): Role | undefined {
    const device = this.#devices.get(deviceId);
    return device && device.endedMs === undefined ? this.roleOf(device.member) : undefined;
  }

  /** What a device may do in one document. Owners are not narrowed: nobody could undo it. */
  shareOfDevice(deviceId: string, documentId: string): Role | Share {
    const role = this.roleOfDevice(deviceId);
    if (role === undefined) return "none";
    const narrowed = this.#narrowings.get(documentId);
    if (!narrowed || role === "owner") return role;
    const own = narrowed.get(this.#devices.get(deviceId)?.member ?? everybody)?.share ?? role;
    return lesser(lesser(role, own), narrowed.get(everybody)?.share ?? role);
  }

  /** Whether this device may bring changes of whatever authors into this document. */
  isImporting(device: string, documentId: string, nowMs: number): boolean {
    return (this.#imports.get(documentId)?.get(device)?.expiresMs ?? 0) > nowMs;
  }

  get hasImports(): boolean {
    return this.#imports.size > 0;
  }

  /** Imports into this document by other devices than this one: none counts any more. Their records stay. */
  endImports(documentId: string, device: string): readonly Import[] {
    const imports = this.#imports.get(documentId);
    const ended = [...(imports?.values() ?? [])].filter((each) => each.device !== device);
    for (const each of ended) this.#forget({ kind: "import", value: each });
    return ended;
  }

  /** Whether whoever may write may bring changes of whatever authors anywhere. */
  isRecovering(nowMs: number): boolean {
    return this.#recoveryUntilMs > nowMs;
  }

  /** Who may say who may do what. */
  get owners(): readonly Member[] {
    return this.members.filter(({ role, endedMs }) => role === "owner" && endedMs === undefined);
  }

  #take(record: AccessRecord): void {
    const { kind, value } = record;
    switch (kind) {
      case "member":
        return void this.#members.set(value.id, value);
      case "device":
        return void this.#devices.set(value.id, value);
      case "invite":
        return void this.#invites.set(value.id, value);
      case "narrowing": {
        const { documentId, member = everybody } = value;
        const narrowed = this.#narrowings.get(documentId);
        if (narrowed) narrowed.set(member, value);
        else this.#narrowings.set(documentId, new Map([[member, value]]));
        return;
      }
      case "import": {
        const imports = this.#imports.get(value.documentId);
        if (imports) imports.set(value.device, value);
        else this.#imports.set(value.documentId, new Map([[value.device, value]]));
        return;
      }
      case "workspace":
        this.#name = value.name;
        return;
      case "recovery":
        this.#recoveryUntilMs = value.untilMs;
    }
  }

  #forget(record: AccessRecord): void {
    const { kind, value } = record;
    switch (kind) {
      case "member":
        return void this.#members.delete(value.id);
      case "device":
        return void this.#devices.delete(value.id);
      case "invite":
        return void this.#invites.delete(value.id);
      case "narrowing": {
        const { documentId, member = everybody } = value;
        const narrowed = this.#narrowings.get(documentId);
        narrowed?.delete(member);
        if (narrowed?.size === 0) this.#narrowings.delete(documentId);
        return;
      }
      case "import": {
        const imports = this.#imports.get(value.documentId);
        imports?.delete(value.device);
        if (imports?.size === 0) this.#imports.delete(value.documentId);
        return;
      }
      case "workspace":
        this.#name = unnamed;
        return;
      case "recovery":
        this.#recoveryUntilMs = 0;
    }
  }
}
