/**
 * Main's own way to relays: Chromium's network, so that proxies and certificates count as they do for
 * windows, in a session that no window has. It is in memory and keeps no cookies and no cache; what windows
 * may reach stays what the guard of their session says.
 */
import { session, type Session } from "electron";
import type { Fetch } from "./access-client.ts";

/** Use only when Electron is ready. */
export function relayFetch(): Fetch {
  let own: Session | undefined;
  return (url, init) => {
    own ??= session.fromPartition("relay-access", { cache: false });
    return own.fetch(url, init);
  };
}
