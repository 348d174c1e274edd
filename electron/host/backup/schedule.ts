/** When backups are made: some minutes after the start where the last is old, then hourly, if something changed. */
import { isBackupDue } from "../../policy/backup-rotation.ts";

export interface ScheduleOptions {
  readonly backups: {
    lastMs(): Promise<number | null>;
    make(how: { readonly onlyIfChanged: boolean }): Promise<string | null>;
  };
  readonly nowMs: () => number;
  /** Calls back once, unless it is cancelled. */
  readonly after: (ms: number, call: () => void) => { cancel(): void };
  readonly firstAfterMs: number;
  readonly everyMs: number;
  /** Told why one could not be made, by the system's error; the next is tried as usual. */
  readonly failed: (error: unknown) => void;
}

export class BackupSchedule {
  readonly #options: ScheduleOptions;
  #timer: { cancel(): void } | null = null;

  constructor(options: ScheduleOptions) {
    this.#options = options;
  }

  start(): void {
    this.#next(this.#options.firstAfterMs);
  }
  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  #next(afterMs: number): void {
    this.#timer = this.#options.after(afterMs, () => void this.#run());
  }

  async #run(): Promise<void> {
    const { backups, nowMs, firstAfterMs, everyMs, failed } = this.#options;
    let isDue = true;
    try {
      isDue = isBackupDue(await backups.lastMs(), nowMs(), everyMs);
      if (isDue) await backups.make({ onlyIfChanged: true });
    } catch (error) {
      failed(error);
    }
    // One that was made by hand, or before the start, moves the hour.
    if (this.#timer) this.#next(isDue ? everyMs : firstAfterMs);
  }
}
