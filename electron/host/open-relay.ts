/**
 * Turns this profile to an open relay. One that lets in members only would just refuse the connection, and a
 * window cannot tell that from a relay that is not there: so it is asked here first, in the words of the API
 * that it has then.
 */
import type { Failure } from "../ipc.ts";
import { parseRelayUrl } from "../policy/relay-url.ts";
import type { AccessClient } from "./access-client.ts";
import type { Places } from "./places.ts";

/** Of no workspace: whoever has members gives a nonce for any. */
const anyWorkspace = "2j9knpCseyhnK8izDmLpGP5WMdZQ";

export async function setOpenRelay(
  { places, client }: { readonly places: Places; readonly client: AccessClient },
  text: string | null,
): Promise<{ readonly ok: true } | Failure> {
  const parsed = text === null ? null : parseRelayUrl(text);
  const hasMembers =
    parsed?.ok === true && (await client.ask(parsed.relay, "nonce", { workspace: anyWorkspace })).ok;
  if (hasMembers)
    return {
      ok: false,
      code: "members-only",
      message:
        "This relay lets in members only. Ask an owner of a workspace on it for an invite, and join by its link.",
    };
  return places.setRelay(text);
}
