/**
 * What happens of itself, on its way into the audit: who connected, and what was refused.
 *
 * Whoever is refused tries again, and a program that is wrong does so a thousand times a second. So the same is
 * written once a minute, of one device only so much, and all that came within a second in one go. What is lost all
 * the same, because there was too much of it or the disk failed, is counted and told to `lost`.
 */
import {
  notedAtOnceMax,
  notedDocumentsMax,
  notedEveryMs,
  notedKeysMax,
  notedWaitingMax,
  notedWriteMs,
} from "../protocol/limits.ts";
import type { AuditEntry } from "./audit.ts";

export interface NotedSetting {
  nowMs(): number;
  after(delayMs: number, run: () => void): void;
  /** False where they were not written. It rejects never. */
  write(entries: readonly string[]): Promise<boolean>;
  lost(count: number): void;
}

interface Remembered {
  readonly device: string;
  readonly namesDocument: boolean;
  readonly endMs: number;
}

export class Noted {
  readonly #setting: NotedSetting;
  /** What was noted a short while ago, oldest first. */
  readonly #remembered = new Map<string, Remembered>();
  /** Of those, how many of a device name a document. */
  readonly #documentsByDevice = new Map<string, number>();
  #waiting: string[] = [];
  #lost = 0;
  #isScheduled = false;
  #isStopped = false;
  #writing: Promise<void> = Promise.resolve();

  constructor(setting: NotedSetting) {
    this.#setting = setting;
  }

  note(entry: AuditEntry): void {
    const nowMs = this.#setting.nowMs();
    this.#forgetOld(nowMs);
    const { documentId, ...unnamed } = entry;
    const { device = "", what, reason = "" } = entry;
    const namesDocument =
      documentId !== undefined && (this.#documentsByDevice.get(device) ?? 0) < notedDocumentsMax;
    const key = `${device} ${what} ${namesDocument ? documentId : ""} ${reason}`;
    if (this.#remembered.has(key)) return;
    if (this.#remembered.size >= notedKeysMax || this.#waiting.length >= notedWaitingMax) this.#lost++;
    else {
      this.#remembered.set(key, { device, namesDocument, endMs: nowMs + notedEveryMs });
      if (namesDocument) this.#documentsByDevice.set(device, (this.#documentsByDevice.get(device) ?? 0) + 1);
      this.#waiting.push(JSON.stringify(namesDocument ? entry : unnamed));
    }
    this.#schedule();
  }

  /** Writes what waits, once more. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#flush();
    this.#lost += this.#waiting.splice(0).length;
    this.#tellLost();
  }

  /** What cannot be written now is tried again, for as long as there is room for it. */
  #flush(): Promise<void> {
    return (this.#writing = this.#writing.then(() => this.#write()));
  }

  async #write(): Promise<void> {
    this.#tellLost();
    while (this.#waiting.length > 0) {
      const entries = this.#waiting.splice(0, notedAtOnceMax);
      if (await this.#setting.write(entries)) continue;
      this.#waiting.unshift(...entries);
      return this.#schedule();
    }
  }

  #tellLost(): void {
    if (this.#lost > 0) this.#setting.lost(this.#lost);
    this.#lost = 0;
  }

  #schedule(): void {
    if (this.#isScheduled || this.#isStopped) return;
    this.#isScheduled = true;
    this.#setting.after(notedWriteMs, () => {
      this.#isScheduled = false;
      void this.#flush();
    });
  }

  #forgetOld(nowMs: number): void {
    for (const [key, { device, namesDocument, endMs }] of this.#remembered) {
      if (endMs > nowMs) return;
      this.#remembered.delete(key);
      if (!namesDocument) continue;
      const left = (this.#documentsByDevice.get(device) ?? 1) - 1;
      if (left > 0) this.#documentsByDevice.set(device, left);
      else this.#documentsByDevice.delete(device);
    }
  }
}
