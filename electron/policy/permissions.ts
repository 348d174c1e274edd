/**
 * What a page may ask of Chromium. Default deny: what is not in the table is refused, whoever asks.
 */
import { appOrigin } from "./origin.ts";

export interface Asker {
  /** The origin that asks, as Chromium gives it; it may end in a slash. */
  readonly origin: string;
  /** The profile's relay is on this machine or a private network. */
  readonly relayIsLocal: boolean;
}

type Rule = (asker: Asker) => boolean;
const always: Rule = () => true;
const withLocalRelay: Rule = ({ relayIsLocal }) => relayIsLocal;

const rules: ReadonlyMap<string, Rule> = new Map([
  // Copying from the document; reading the clipboard needs a paste by the person.
  ["clipboard-sanitized-write", always],
  // Documents live in IndexedDB: Chromium must not evict them when the disk is short.
  ["persistent-storage", always],
  // Newer Chromium asks before a page talks to a private address, which a relay of one's own may have.
  ["local-network", withLocalRelay],
  ["local-network-access", withLocalRelay],
  ["loopback-network", withLocalRelay],
]);

export function permissionAllowed(permission: string, asker: Asker): boolean {
  if (asker.origin !== appOrigin && asker.origin !== `${appOrigin}/`) return false;
  return rules.get(permission)?.(asker) ?? false;
}
