/** What the engine asks a window for, answered by main: the device's key never leaves it. */
import type { Bridge, Configuration } from "../../electron/ipc.ts";
import type { EngineAnswers } from "../editor/connection.ts";
import { placeId } from "./places/place-words.ts";

/** `configuration` is the one that this window and its engine started with: what they ask is about its place. */
export const engineAnswers = (
  bridge: Pick<Bridge, "ticket" | "manage">,
  configuration: Promise<Pick<Configuration, "place">>,
): EngineAnswers => ({
  ticket: async () => {
    const answer = await bridge.ticket(placeId((await configuration).place));
    if (answer.ok) return { ok: true, ticket: answer.ticket };
    return { ok: false, code: kindOf(answer.code), reason: answer.message };
  },
  importHistory: async (documentId) => {
    const answer = await bridge.manage(placeId((await configuration).place), { call: "import", documentId });
    return answer.ok ? null : answer.message;
  },
});

/** Only what was said to be a refusal is one; everything else may be otherwise the next time. */
function kindOf(code: string): "refused" | "no-key" | "unreachable" {
  if (code === "refused") return "refused";
  return code === "key-unreadable" ? "no-key" : "unreachable";
}
