import { join, resolve } from "node:path";
import { buildRelay, relayFolder } from "../../build-relay.ts";

/** The command of the relay that is measured: this checkout's, built, or the source of another checkout. */
export async function relayCli(otherRoot: string): Promise<string> {
  if (otherRoot !== "") return join(resolve(otherRoot), "relay", "cli.ts");
  await buildRelay();
  return join(relayFolder, "cli.js");
}
