/**
 * Which backups stay: the newest of each of the last 24 hours, 30 days and 12 months that have one, as long as all
 * together are not too large. The newest always stays. By the names' own times, so a wrong clock removes nothing more.
 */
import { dayOf, hourOf, monthOf } from "./backup-name.ts";

export interface KeptBackup {
  readonly name: string;
  /** Bytes by SHA-256 of what it names; backups share them. */
  readonly objects: ReadonlyMap<string, number>;
}

export interface RotationLimits {
  readonly hours: number;
  readonly days: number;
  readonly months: number;
  readonly bytesMax: number;
}

/** @returns the names of those that go */
export function backupsToRemove(
  backups: readonly KeptBackup[],
  { hours, days, months, bytesMax }: RotationLimits,
): string[] {
  const newestFirst = backups.toSorted((a, b) => (a.name < b.name ? 1 : -1));
  const staying = new Set([
    ...newestFirst.slice(0, 1),
    ...newestOfEach(newestFirst, hourOf, hours),
    ...newestOfEach(newestFirst, dayOf, days),
    ...newestOfEach(newestFirst, monthOf, months),
  ]);
  const fitting = new Set(
    fittingOf(
      newestFirst.filter((backup) => staying.has(backup)),
      bytesMax,
    ),
  );
  return newestFirst.filter((backup) => !fitting.has(backup)).map(({ name }) => name);
}

function newestOfEach(
  newestFirst: readonly KeptBackup[],
  periodOf: (name: string) => string,
  most: number,
): KeptBackup[] {
  const byPeriod = new Map<string, KeptBackup>();
  for (const backup of newestFirst) {
    const period = periodOf(backup.name);
    if (!byPeriod.has(period)) byPeriod.set(period, backup);
  }
  return [...byPeriod.values()].slice(0, most);
}

/** As many of the newest as fit, and the newest in any case. */
function fittingOf(newestFirst: readonly KeptBackup[], bytesMax: number): KeptBackup[] {
  const counted = new Set<string>();
  let bytes = 0;
  const tooOld = newestFirst.findIndex(({ objects }, place) => {
    for (const [sha256, objectBytes] of objects) {
      if (counted.has(sha256)) continue;
      counted.add(sha256);
      bytes += objectBytes;
    }
    return place > 0 && bytes > bytesMax;
  });
  return tooOld === -1 ? [...newestFirst] : newestFirst.slice(0, tooOld);
}

/** A clock that went backwards must not stop them for years. */
export function isBackupDue(lastMs: number | null, nowMs: number, everyMs: number): boolean {
  return lastMs === null || Math.abs(nowMs - lastMs) >= everyMs;
}
