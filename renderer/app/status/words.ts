/**
 * The words of the status line: one pure function of what is known. "Saved" is said only of what
 * the engine said is on this disk, "On the relay" only of what the relay acknowledged.
 */
import type { DocumentStatus, Receiving, RelayState } from "../../engine/port.ts";
import { amount, amountReceived } from "./amount.ts";

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
  /** What the relay is sending of the document. */
  receiving: Receiving | null;
  /** What waits in the connection to the relay, of this document or of others. */
  sendingBytes: number;
};

const changes = (count: number): string => (count === 1 ? "1 change" : `${count} changes`);
const notYet = (unsent: number | null): string[] =>
  unsent === null || unsent === 0 ? [] : [`${changes(unsent)} not yet on the relay`];

const receivingWords = ({ receiving }: StatusFacts): string[] =>
  receiving ? [`Receiving ${amountReceived(receiving)}`] : [];
/** Beside "On the relay" it is something else that is being sent. */
const sendingWords = (sendingBytes: number, isMore = false): string[] =>
  sendingBytes > 0 ? [`Sending ${isMore ? "more" : "to the relay"}: ${amount(sendingBytes)} to go`] : [];

function relayWords({ relay, relayUrl, unsent, sendingBytes, receiving }: StatusFacts): string[] {
  switch (relay?.state) {
    case undefined:
      return [];
    case "none":
      return ["No relay"];
    case "connecting":
      return ["Connecting to the relay", ...notYet(unsent)];
    case "connected":
      if (unsent === null) return ["Connected to the relay", ...sendingWords(sendingBytes)];
      if (unsent === 0) return ["On the relay", ...sendingWords(sendingBytes, true)];
      // How much is to go says more than how many changes.
      if (sendingBytes > 0) return sendingWords(sendingBytes);
      // What has just come from the relay counts as unsent until the relay acknowledges that we have it.
      return receiving ? [] : notYet(unsent);
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
  const received = receivingWords(facts);
  if (!facts.document) return facts.engineSilent ?? received.join("");
  if (facts.here?.state === "failed") return `Could not save on this device: ${facts.here.reason}`;
  if (facts.engineSilent !== null)
    return facts.pending ? `Not saved yet: ${facts.engineSilent}` : facts.engineSilent;
  if (facts.pending || facts.here?.state === "saving")
    return ["Saving…", ...sendingWords(facts.sendingBytes), ...received].join(" · ");
  if (facts.here === null) return ["Opening…", ...sendingWords(facts.sendingBytes), ...received].join(" · ");
  return ["Saved on this device", ...relayWords(facts), ...received].join(" · ");
}

/** Whether words claim something that an edit takes back: then the edit must be seen at once. */
export const claimsSaved = (words: string): boolean => words.startsWith("Saved");
