/**
 * The key of this device: Ed25519, one a profile. It signs challenges of relays and nothing else. Its private
 * half leaves this module only for its file, which is the person's alone: encrypted by the system, or, where
 * that cannot be and the person agreed, as it is.
 *
 * A key that is there is never written over. One that cannot be read any more is set aside when another is
 * needed.
 */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign,
  type KeyObject,
} from "node:crypto";
import { readFile, rename, stat } from "node:fs/promises";
import { z } from "zod";
import { challengeText, type Challenge } from "../../relay/protocol/challenge.ts";
import type { Failure } from "../ipc.ts";
import { deviceKeyBytesMax, keysAsideMax } from "../policy/limits.ts";
import type { Relay } from "../policy/relay-url.ts";
import { ownerOnly, reasonOf, writeDurably } from "./durable.ts";
import type { Vault } from "./vault.ts";

const kept = z.object({
  version: z.literal(1),
  /** Hex; not secret, and so it is known without asking the system for anything. */
  publicKey: z.string().regex(/^[0-9a-f]{64}$/),
  protection: z.enum(["system", "none"]),
  /** PKCS 8 in base64; with `system` that text encrypted, in base64. */
  privateKey: z.base64(),
});
type Kept = z.infer<typeof kept>;

export type Opened =
  | { readonly state: "open"; readonly key: DeviceKey }
  | { readonly state: "none" }
  | { readonly state: "unreadable" };

export type Obtained =
  /** `aside`: where the key went that could not be read. */
  { readonly ok: true; readonly key: DeviceKey; readonly aside: string | null } | Failure;

/** What is signed, but for what the key and the relay say themselves. */
export type Signed = Omit<Challenge, "publicKey" | "origin">;

export class DeviceKey {
  readonly #private: KeyObject;
  /** Hex of its 32 bytes. */
  readonly publicKey: string;
  /** SHA-256 of those. */
  readonly id: string;

  constructor(privateKey: KeyObject) {
    this.#private = privateKey;
    const raw = Buffer.from(createPublicKey(privateKey).export({ format: "jwk" }).x ?? "", "base64url");
    this.publicKey = raw.toString("hex");
    this.id = idOf(this.publicKey);
  }

  /** For this relay and no other: its origin is in the text. Base64url. */
  sign({ origin }: Relay, signed: Signed): string {
    const text = challengeText({ ...signed, origin, publicKey: this.publicKey });
    return sign(null, Buffer.from(text), this.#private).toString("base64url");
  }
}

const idOf = (publicKey: string): string =>
  createHash("sha256").update(Buffer.from(publicKey, "hex")).digest("hex");

export class DeviceKeys {
  readonly #file: string;
  readonly #vault: Vault;
  #opened: DeviceKey | undefined;
  /** One at a time: two windows that join at once must not make two keys. */
  #obtaining: Promise<unknown> = Promise.resolve();

  constructor(file: string, vault: Vault) {
    this.#file = file;
    this.#vault = vault;
  }

  /**
   * What the actors of its changes begin with, 16 hex digits; null before there is a key. The system is not
   * asked.
   */
  async device(): Promise<string | null> {
    const read = await this.#read();
    return typeof read === "string" ? null : idOf(read.publicKey).slice(0, 16);
  }

  async open(): Promise<Opened> {
    if (this.#opened) return { state: "open", key: this.#opened };
    const read = await this.#read();
    if (typeof read === "string") return { state: read };
    const key = await this.#decrypt(read);
    if (!key) return { state: "unreadable" };
    this.#opened = key;
    return { state: "open", key };
  }

  /** Whether a key that is made now can be protected; one that is there already is left as it is. */
  async protection(): Promise<"protected" | "readable"> {
    if ((await this.open()).state === "open") return "protected";
    return (await this.#vault.isProtecting()) ? "protected" : "readable";
  }

  /** The key, made if there is none that can be read. */
  obtain(options: { readonly agreesToReadable: boolean }): Promise<Obtained> {
    const obtained = this.#obtaining.then(() => this.#obtain(options));
    this.#obtaining = obtained.catch(() => undefined);
    return obtained;
  }

  async #obtain({ agreesToReadable }: { readonly agreesToReadable: boolean }): Promise<Obtained> {
    const opened = await this.open();
    if (opened.state === "open") return { ok: true, key: opened.key, aside: null };
    const isProtecting = await this.#vault.isProtecting();
    if (!isProtecting && !agreesToReadable) {
      return {
        ok: false,
        code: "key-readable",
        message:
          "This system cannot protect the key of this device, and it was not agreed to keep it unprotected. Nothing was joined: agree, or set up a keyring and start Deckle again.",
      };
    }
    try {
      const { privateKey } = generateKeyPairSync("ed25519");
      const key = new DeviceKey(privateKey);
      const text = privateKey.export({ format: "der", type: "pkcs8" }).toString("base64");
      const made: Kept = {
        version: 1,
        publicKey: key.publicKey,
        protection: isProtecting ? "system" : "none",
        privateKey: isProtecting ? Buffer.from(await this.#vault.encrypt(text)).toString("base64") : text,
      };
      const aside = opened.state === "unreadable" ? await this.#setAside() : null;
      await writeDurably(this.#file, `${JSON.stringify(made, null, 2)}\n`, ownerOnly);
      this.#opened = key;
      return { ok: true, key, aside };
    } catch (error) {
      return {
        ok: false,
        code: "key-not-saved",
        message: `The key of this device could not be kept (${reasonOf(error)}), so nothing was joined. Check that the disk has room and can be written, then try again.`,
      };
    }
  }

  async #read(): Promise<Kept | "none" | "unreadable"> {
    try {
      if ((await stat(this.#file)).size > deviceKeyBytesMax) return "unreadable";
      return kept.parse(JSON.parse(await readFile(this.#file, "utf8")));
    } catch (error) {
      return error instanceof Error && "code" in error && error.code === "ENOENT" ? "none" : "unreadable";
    }
  }

  async #decrypt({ publicKey, protection, privateKey }: Kept): Promise<DeviceKey | undefined> {
    try {
      const text =
        protection === "none" ? privateKey : await this.#vault.decrypt(Buffer.from(privateKey, "base64"));
      const key = new DeviceKey(
        createPrivateKey({ key: Buffer.from(text, "base64"), format: "der", type: "pkcs8" }),
      );
      // Another key's private half, or of another kind: whatever it signs is not ours.
      return key.publicKey === publicKey ? key : undefined;
    } catch {
      return undefined;
    }
  }

  /** Never over one that was set aside before: the system may read it again some day. */
  async #setAside(): Promise<string> {
    for (let i = 1; i <= keysAsideMax; i++) {
      const aside = `${this.#file}.unreadable${i === 1 ? "" : `-${i}`}`;
      if (await isThere(aside)) continue;
      await rename(this.#file, aside);
      return aside;
    }
    throw new RangeError(`${keysAsideMax} keys were set aside already`);
  }
}

async function isThere(file: string): Promise<boolean> {
  try {
    await stat(file);
    return true;
  } catch {
    return false;
  }
}
