/**
 * Where a relay answers calls about access: beside the path of its sockets. `wss://host/deckle/sync` has them
 * below `https://host/deckle/access/`.
 */
import type { AccessCall } from "../../relay/protocol/access-messages.ts";
import type { Relay } from "./relay-url.ts";

export function accessUrl({ url, origin }: Relay, call: AccessCall): string {
  const { pathname } = new URL(url);
  const folder = pathname.slice(0, pathname.lastIndexOf("/") + 1);
  // ws: becomes http:, and wss: https:.
  return `${origin.replace(/^ws/, "http")}${folder}access/${call}`;
}
