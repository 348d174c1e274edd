/**
 * What can be configured: one table, from which flags, environment, file, help, the printed form and the
 * documentation's table follow.
 *
 * A key `tls.cert` is `--tls-cert`, `DECKLE_RELAY_TLS_CERT`, and in a file `{ "tls": { "cert": … } }`. There is a
 * setting only where operators differ; every other bound is in `protocol/limits.ts`. Nothing here is a secret, so
 * all of it may be printed and logged.
 */
import { isIP } from "node:net";
import { z } from "zod";
import { blobMegabytesDefault, connectionsMax } from "../protocol/limits.ts";

export type MetricsPlace =
  | { readonly at: "same-port" }
  | { readonly at: "nowhere" }
  | { readonly at: "own-port"; readonly host: string; readonly port: number };

const portMax = 65_535;
const hostName =
  /^(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*$/;
const isHost = (text: string): boolean => isIP(text) > 0 || (hostName.test(text) && !/^[\d.]+$/.test(text));
const path = z
  .string()
  .min(1)
  .max(4_096)
  .refine((text) => !text.includes("\0"));

export const configSchema = z.object({
  data: path.optional(),
  host: z.string().refine(isHost),
  port: z.int().min(0).max(portMax),
  url: z
    .string()
    .refine((text) => originsOf(text) !== undefined)
    .optional(),
  open: z.boolean(),
  exposed: z.boolean(),
  "tls.cert": path.optional(),
  "tls.key": path.optional(),
  metrics: z.string().refine((text) => metricsPlace(text) !== undefined),
  "limits.connections": z.int().min(1).max(1_000_000),
  "limits.blobs": z.int().min(0).max(1_000_000_000),
  "log.level": z.enum(["error", "warn", "info"]),
});
/** Of every key its value, whichever source gave it. Paths are absolute. */
export type Config = Readonly<z.infer<typeof configSchema>>;
export type Key = keyof Config;

export interface Setting {
  /** How a text out of a flag or the environment becomes a value. */
  readonly kind: "text" | "path" | "number" | "yes-no";
  readonly default?: string | number | boolean;
  /** Completes “must be …”. */
  readonly must: string;
  /** A value to show, as it stands in a file. */
  readonly example: string | number | boolean;
  readonly about: string;
}

export const settings: Readonly<Record<Key, Setting>> = {
  data: {
    kind: "path",
    must: "a path",
    example: "/var/lib/deckle-relay",
    about: "folder that the relay keeps everything in; made if it is not there",
  },
  host: {
    kind: "text",
    default: "127.0.0.1",
    must: "an address or a host name, without a port",
    example: "127.0.0.1",
    about: "address to listen on",
  },
  port: {
    kind: "number",
    default: 8137,
    must: `a whole number from 0 (any free one) to ${portMax}`,
    example: 8137,
    about: "port to listen on; 0 takes any free one",
  },
  url: {
    kind: "text",
    must: "addresses that begin with wss:// or ws:// and name no path, commas between them",
    example: "wss://relay.example.org",
    about:
      "where apps reach the relay, behind a proxy the proxy's address; the first stands in invites, commas between several (on loopback without TLS: where it listens)",
  },
  open: {
    kind: "yes-no",
    default: false,
    must: "true or false",
    example: true,
    about: "whoever reaches the relay may read and write everything, without an invite; loopback only",
  },
  exposed: {
    kind: "yes-no",
    default: false,
    must: "true or false",
    example: true,
    about: "lets the open mode listen on any address: for a network on which everybody may do everything",
  },
  "tls.cert": {
    kind: "path",
    must: "a path",
    example: "/etc/deckle-relay/cert.pem",
    about: "certificate in PEM, the server's own first, then those between it and the root",
  },
  "tls.key": {
    kind: "path",
    must: "a path",
    example: "/etc/deckle-relay/key.pem",
    about: "private key of that certificate, PEM, without a passphrase",
  },
  metrics: {
    kind: "text",
    default: "on",
    must: '"on", "off", or an address with a port',
    example: "127.0.0.1:9464",
    about:
      "on: /metrics on the relay's own port, for callers on this machine; HOST:PORT: there instead, for anyone who reaches it; off: nowhere",
  },
  "limits.connections": {
    kind: "number",
    default: connectionsMax,
    must: "a whole number from 1 to 1000000",
    example: 2_000,
    about: "connections at once; whoever comes then is told to come back later",
  },
  "limits.blobs": {
    kind: "number",
    default: blobMegabytesDefault,
    must: "a whole number from 0 to 1000000000",
    example: 50_000,
    about: "images and files of each workspace, in MiB; what would be more is refused",
  },
  "log.level": {
    kind: "text",
    default: "info",
    must: '"error", "warn" or "info"',
    example: "warn",
    about: "the least serious events that are logged",
  },
};

const isKey = (text: string): text is Key => Object.hasOwn(settings, text);
export const keys: readonly Key[] = Object.keys(settings).filter(isKey);

export const flagOf = (key: Key): string => `--${key.replaceAll(".", "-")}`;
export const variableOf = (key: Key): string => `DECKLE_RELAY_${key.replaceAll(".", "_").toUpperCase()}`;

/** Undefined is a text that says no place. */
export function metricsPlace(text: string): MetricsPlace | undefined {
  if (text === "on") return { at: "same-port" };
  if (text === "off") return { at: "nowhere" };
  const [, bracketed, plain, digits] = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain ?? "";
  const port = Number(digits);
  const isPlace = bracketed === undefined ? isHost(host) : isIP(host) === 6;
  return isPlace && port <= portMax ? { at: "own-port", host, port } : undefined;
}

/**
 * The origins in a list of addresses, as apps name them. A path but `/sync`, which an address may have, leads nowhere.
 * Undefined is a list that has something else in it.
 */
export function originsOf(text: string): readonly string[] | undefined {
  const origins: string[] = [];
  for (const each of text.split(",").map((word) => word.trim())) {
    const url = URL.canParse(each) ? new URL(each) : undefined;
    const isAddress =
      url !== undefined &&
      ["ws:", "wss:"].includes(url.protocol) &&
      ["", "/", "/sync"].includes(url.pathname) &&
      url.username + url.password + url.search + url.hash === "";
    if (!isAddress) return undefined;
    origins.push(`${url.protocol}//${url.host}`);
  }
  return origins;
}

const loopback: ReadonlySet<string> = new Set(["127.0.0.1", "::1", "localhost"]);
export const isLoopback = (host: string): boolean => loopback.has(host);
