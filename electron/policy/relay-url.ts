/**
 * Which relay addresses can be used, and what to tell the person about one that cannot.
 *
 * `wss:` anywhere; `ws:` only where the way to it does not leave this machine or a private network. The
 * origin goes into the Content-Security-Policy, so its characters are an allow-list.
 */
import { relayUrlCharactersMax } from "./limits.ts";
import { parseUrl } from "./origin.ts";

export interface Relay {
  readonly url: string;
  /** Scheme, host and port, as the policy of the window names it. */
  readonly origin: string;
  /** On this machine or a private network: Chromium asks for a permission of its own there. */
  readonly isLocal: boolean;
}

export type RelayUrl =
  | { readonly ok: true; readonly relay: Relay }
  | { readonly ok: false; readonly message: string };

const good =
  "A relay address looks like wss://relay.example.org/sync, or ws://127.0.0.1:8137/sync on this machine.";

/**
 * What a host may consist of. URL parsing alone lets `*`, `;` and `'` through, which mean things in a CSP.
 */
const hostPattern = /^[a-z0-9]([a-z0-9._-]*[a-z0-9])?$/;

export function parseRelayUrl(text: string): RelayUrl {
  const trimmed = text.trim();
  if (trimmed === "") return refuse("The relay address is empty.");
  if (trimmed.length > relayUrlCharactersMax) return refuse("The relay address is too long.");
  const url = parseUrl(trimmed);
  if (url === null) return refuse(`"${trimmed}" is not an address.`);
  if (url.protocol !== "ws:" && url.protocol !== "wss:") {
    return refuse(`"${trimmed}" does not begin with wss:// or ws://.`);
  }
  if (url.username !== "" || url.password !== "")
    return refuse("A relay address carries no name and password.");
  if (url.hash !== "") return refuse("A relay address has no # part.");
  if (url.hostname.startsWith("[")) {
    return refuse(
      "An IPv6 address cannot be used, because the window's policy cannot name it: use the relay's name.",
    );
  }
  if (!hostPattern.test(url.hostname)) return refuse(`"${url.hostname}" is not the name of a machine.`);
  const isLocal = isLocalHost(url.hostname);
  if (url.protocol === "ws:" && !isLocal) {
    return refuse(
      `ws:// sends everything readable, so it is only for this machine or a private network; use wss:// for ${url.hostname}.`,
    );
  }
  return { ok: true, relay: { url: url.href, origin: `${url.protocol}//${url.host}`, isLocal } };
}

function refuse(reason: string): RelayUrl {
  return { ok: false, message: `${reason} ${good}` };
}

/** Loopback, link-local and private IPv4 (RFC 1122, 3927, 1918), localhost and mDNS names. */
function isLocalHost(host: string): boolean {
  if (host === "localhost" || host.endsWith(".localhost") || host.endsWith(".local")) return true;
  // URL parsing has already made 0x7f.1 and 2130706433 into four decimal parts.
  const parts = /^(\d+)\.(\d+)\.\d+\.\d+$/.exec(host);
  if (parts === null) return false;
  const [first, second] = [Number(parts[1]), Number(parts[2])];
  return (
    first === 127 ||
    first === 10 ||
    (first === 172 && second >= 16 && second <= 31) ||
    (first === 192 && second === 168) ||
    (first === 169 && second === 254)
  );
}
