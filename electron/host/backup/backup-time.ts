/** The time in a backup's name. */
import { isBackupName } from "../../policy/backup-name.ts";

export function backupName(atMs: number): string {
  return `backup-${new Date(atMs).toISOString().slice(0, 19).replaceAll(":", "-")}Z.json`;
}

/** Null where it is not the name of a backup. */
export function backupAtMs(name: string): number | null {
  if (!isBackupName(name)) return null;
  const [day = "", time = ""] = name.slice("backup-".length, -"Z.json".length).split("T");
  const atMs = Date.parse(`${day}T${time.replaceAll("-", ":")}Z`);
  return Number.isNaN(atMs) || backupName(atMs) !== name ? null : atMs;
}
