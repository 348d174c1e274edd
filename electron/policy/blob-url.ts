/** Where a relay keeps a blob: beside the path of its sockets, as calls about access are. */
import type { Relay } from "./relay-url.ts";

/** `workspace` is null at a relay that is open to everybody. */
export function blobUrl({ url, origin }: Relay, workspace: string | null, sha256: string): string {
  const { pathname } = new URL(url);
  const folder = pathname.slice(0, pathname.lastIndexOf("/") + 1);
  return `${origin.replace(/^ws/, "http")}${folder}blobs/${workspace ?? "open"}/${sha256}`;
}
