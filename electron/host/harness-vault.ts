/** For tests only: a system that protects secrets, whose keyring can be lost. */
import { createCipheriv, createDecipheriv } from "node:crypto";
import type { Vault } from "./vault.ts";

export class TestVault implements Vault {
  isOn = true;
  /** Another one reads nothing that was encrypted before. */
  key = 0;
  /** All that was handed over, as it was. */
  readonly encrypted: string[] = [];

  isProtecting(): Promise<boolean> {
    return Promise.resolve(this.isOn);
  }
  encrypt(text: string): Promise<Uint8Array> {
    this.encrypted.push(text);
    const cipher = createCipheriv("aes-256-gcm", this.#key, Buffer.alloc(12));
    const bytes = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
    return Promise.resolve(Buffer.concat([cipher.getAuthTag(), bytes]));
  }
  async decrypt(bytes: Uint8Array): Promise<string> {
    await Promise.resolve();
    const decipher = createDecipheriv("aes-256-gcm", this.#key, Buffer.alloc(12));
    decipher.setAuthTag(bytes.subarray(0, 16));
    return Buffer.concat([decipher.update(bytes.subarray(16)), decipher.final()]).toString("utf8");
  }
  get #key(): Buffer {
    return Buffer.alloc(32, this.key);
  }
}
