/**
 * Names of backups: `backup-2026-11-22T23-05-00Z.json`, UTC, in the order of time. No colons: Windows does not take
 * them in file names.
 */
const pattern = /^backup-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ\.json$/;

export const isBackupName = (name: string): boolean => pattern.test(name);

/** The part of a name that is the same within an hour, a day, a month. */
export const hourOf = (name: string): string => name.slice(0, "backup-YYYY-MM-DDTHH".length);
export const dayOf = (name: string): string => name.slice(0, "backup-YYYY-MM-DD".length);
export const monthOf = (name: string): string => name.slice(0, "backup-YYYY-MM".length);
