/**
 * The words of the status line: one pure function of what is known. "Saved" is said only of what
 * the engine said is on this disk, "On the relay" only of what the relay acknowledged.
 */
import type { CopyState, DocumentStatus, Receiving, RelayState, Withheld } from "../../engine/port.ts";
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
  /** The second copy of it; null until the engine has spoken. */
  copy: CopyState | null;
  unsent: number | null;
  /** Why the relay has not taken some of the unsent changes, where it has said so. */
  withheld: Withheld | null;
  relay: RelayState | null;
  /** The relay of the place that this profile is in. */
  relayUrl: string | null;
  /** What the relay is sending of the document. */
  receiving: Receiving | null;
  /** What waits in the connection to the relay, of this document or of others. */
  sendingBytes: number;
  /** Edits that the window holds and the engine has not taken. */
  heldEdits: number;
  /** Other devices that said that they have all of it; null where there is nobody to say so. */
  seenBy: number | null;
  /** Some of it is damaged on this device and was not found anywhere else yet. */
  damaged: boolean;
  /** What the engine said was before it took the last steps. */
  isOld: boolean;
};

const changes = (count: number): string => (count === 1 ? "1 change" : `${count} changes`);
const isAre = (count: number | null): string =>
  count === null || count === 0 ? "Some changes are" : count === 1 ? "1 change is" : `${count} changes are`;

const whyWithheld: Readonly<Record<Withheld, string>> = {
  "read-only": "you may read here, not write",
  "foreign-actor": "the relay does not know the author's device",
};

/** What of this document is not on the relay, and why where that is known. */
function notYet({ unsent, withheld }: Pick<StatusFacts, "unsent" | "withheld">): string[] {
  if (withheld) return [`${isAre(unsent)} only on this device: ${whyWithheld[withheld]}`];
  return unsent === null || unsent === 0 ? [] : [`${changes(unsent)} not yet on the relay`];
}

/** The same where the relay takes nothing from this device. */
const onlyHere = (unsent: number | null): string[] =>
  unsent === null || unsent === 0 ? [] : [`${changes(unsent)} only on this device`];

const receivingWords = ({ receiving }: StatusFacts): string[] =>
  receiving ? [`Receiving ${amountReceived(receiving)}`] : [];
/** Beside "On the relay" it is something else that is being sent. */
const sendingWords = (sendingBytes: number, isMore = false): string[] =>
  sendingBytes > 0 ? [`Sending ${isMore ? "more" : "to the relay"}: ${amount(sendingBytes)} to go`] : [];

function relayWords(facts: StatusFacts): string[] {
  const { relay, relayUrl, unsent, withheld, sendingBytes, receiving } = facts;
  switch (relay?.state) {
    case undefined:
      return [];
    case "none":
      return ["No relay"];
    case "connecting":
      return ["Connecting to the relay", ...notYet(facts)];
    case "connected":
      if (withheld) return [...notYet(facts), ...sendingWords(sendingBytes, true)];
      if (unsent === null) return ["Connected to the relay", ...sendingWords(sendingBytes)];
      if (unsent === 0) return ["On the relay", ...sendingWords(sendingBytes, true)];
      // How much is to go says more than how many changes.
      if (sendingBytes > 0) return sendingWords(sendingBytes);
      // What has just come from the relay counts as unsent until the relay acknowledges that we have it.
      return receiving ? [] : notYet(facts);
    case "unreachable":
      return [
        "Relay unreachable",
        ...(unsent === 0 && !withheld ? ["Nothing waiting for it"] : notYet(facts)),
      ];
    case "refused":
      return ["This device may not use this workspace any more", ...onlyHere(unsent)];
    case "locked":
      return [relay.reason.replace(/\.$/, ""), ...notYet(facts)];
    case "incompatible":
      return [
        `Something answers at ${relayUrl ?? "the relay's address"} but it is not a Deckle relay: ${relay.reason}`,
        ...notYet(facts),
      ];
  }
}

/** Said only of the text as it stands: not while the window holds more. */
const keptElsewhere = ({ copy, pending }: StatusFacts): string[] =>
  copy?.state === "kept" && !pending ? ["kept in the second copy"] : [];
const noCopy = ({ copy }: StatusFacts): string[] =>
  copy?.state === "failed" ? [`No second copy: ${copy.reason.replace(/\.$/, "")}`] : [];

export function statusWords(facts: StatusFacts): string {
  const received = receivingWords(facts);
  if (!facts.document) return facts.engineSilent ?? received.join("");
  if (facts.here?.state === "failed")
    return [
      `Could not save on this device: ${facts.here.reason.replace(/\.$/, "")}`,
      ...keptElsewhere(facts),
    ].join(" · ");
  if (facts.engineSilent !== null)
    return facts.pending ? `Not saved yet: ${facts.engineSilent}` : facts.engineSilent;
  if (facts.pending || facts.here?.state === "saving")
    return ["Saving…", ...sendingWords(facts.sendingBytes), ...received].join(" · ");
  if (facts.here === null) return ["Opening…", ...sendingWords(facts.sendingBytes), ...received].join(" · ");
  return [
    "Saved on this device",
    ...(facts.damaged ? ["Some of it is damaged here and was not found elsewhere yet"] : []),
    ...noCopy(facts),
    ...relayWords(facts),
    ...received,
  ].join(" · ");
}

/** Whether something is wrong that a person should see at a glance. */
export const isWrong = ({ here, engineSilent, damaged, document }: StatusFacts): boolean =>
  document && (here?.state === "failed" || engineSilent !== null || damaged);

/** Whether words claim something that an edit takes back: then the edit must be seen at once. */
export const claimsSaved = (words: string): boolean => words.startsWith("Saved");
