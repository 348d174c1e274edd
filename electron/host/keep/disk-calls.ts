/** What the second copy asks of the file system: Node's, or a test's that fails as disks do. */
import * as node from "node:fs/promises";

export type DiskCalls = Pick<
  typeof node,
  "link" | "mkdir" | "open" | "readdir" | "readFile" | "realpath" | "rename" | "rm" | "rmdir" | "stat"
>;

export const nodeDisk: DiskCalls = node;

export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error ? String(error.code) : undefined;
}
