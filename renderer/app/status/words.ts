/**
 * The words of the status line: one pure function of what is known. "Saved" is said only of what
 * the engine said is on this disk, "On the relay" only of what the relay acknowledged.
 */
import type { DocumentStatus, RelayState } from "../../engine/port.ts";

export type StatusFacts = {
  /** The window has a document to speak of. */
  document: boolean;
  /** The window holds edits that the engine has not taken yet. */
  pending: boolean;
  /** Why the engine is not answering, or null while it does. */
  engineSilent: string | null;
  /** Null until the engine has spoken of this document. */
  here: DocumentStatus["here"] | null;
  unsent: number | null;
  relay: RelayState | null;
  /** The relay of this profile as configured. */
  relayUrl: string | null;
};

const changes = (count: number): string => (count === 1 ? "1 change" : `${count} changes`);
const notYet = (unsent: number | null): string[] =>
  unsent === null || unsent === 0 ? [] : [`${changes(unsent)} not yet on the relay`];

function relayWords({ relay, relayUrl, unsent }: StatusFacts): string[] {
  switch (relay?.state) {
    case undefined:
      return [];
    case "none":
      return ["No relay"];
    case "connecting":
      return ["Connecting to the relay", ...notYet(unsent)];
    case "connected":
      if (unsent === null) return ["Connected to the relay"];
      return unsent === 0 ? ["On the relay"] : notYet(unsent);
    case "unreachable":
      return ["Relay unreachable", ...(unsent === 0 ? ["Nothing waiting for it"] : notYet(unsent))];
    case "incompatible":
      return [
        `Something answers at ${relayUrl ?? "the relay's address"} but it is not a Deckle relay: ${relay.reason}`,
        ...notYet(unsent),
      ];
  }
}

export function statusWords(facts: StatusFacts): string {
  if (!facts.document) return facts.engineSilent ?? "";
  if (facts.here?.state === "failed") return `Could not save on this device: ${facts.here.reason}`;
  if (facts.engineSilent !== null)
    return facts.pending ? `Not saved yet: ${facts.engineSilent}` : facts.engineSilent;
  if (facts.pending || facts.here?.state === "saving") return "Saving…";
  if (facts.here === null) return "Opening…";
  return ["Saved on this device", ...relayWords(facts)].join(" · ");
}

/** Whether words claim something that an edit takes back: then the edit must be seen at once. */
export const claimsSaved = (words: string): boolean => words.startsWith("Saved");
