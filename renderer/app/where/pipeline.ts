/**
 * The way of a document's words, station by station, as far as it is known: from the keyboard to other people's disks.
 * A pure function of the facts that the status line is made of, and as honest: a station is `done` only for all of the
 * text as it stands on screen.
 */
import type { Withheld } from "../../engine/port.ts";
import type { StatusFacts } from "../status/words.ts";

export type StationState = "done" | "under way" | "waiting" | "failed" | "none";

export type Station = {
  name: string;
  state: StationState;
  words: string;
  /** What the person can do about it; null where there is nothing to do. */
  wayOut: string | null;
};

const changes = (count: number): string => (count === 1 ? "1 change" : `${count} changes`);
const sentence = (words: string): string => `${words.replace(/\.$/, "")}.`;
const capital = (words: string): string => words.charAt(0).toUpperCase() + words.slice(1);

function station(name: string, state: StationState, words: string, wayOut: string | null = null): Station {
  return { name, state, words, wayOut };
}

export function pipeline(facts: StatusFacts): Station[] {
  return [typed(facts), inEngine(facts), onDisk(facts), secondCopy(facts), onRelay(facts), elsewhere(facts)];
}

/** Whether what the engine said is said of all that is on screen. */
const isLevel = ({ pending, isOld }: StatusFacts): boolean => !pending && !isOld;

function typed({ pending, heldEdits }: StatusFacts): Station {
  const name = "Typed";
  if (!pending) return station(name, "done", "Nothing waits in this window.");
  const count = Math.max(1, heldEdits);
  const words = count === 1 ? "1 edit is" : `${count} edits are`;
  return station(name, "under way", `${words} in this window only.`);
}

function inEngine({ pending, here, engineSilent, damaged }: StatusFacts): Station {
  const name = "In Deckle's engine";
  if (engineSilent !== null)
    return station(
      name,
      "failed",
      sentence(engineSilent),
      pending
        ? "Keep this window open: it holds what you typed and goes on trying. If this lasts, export the document."
        : "Deckle starts it anew by itself.",
    );
  if (here === null) return station(name, "under way", "The engine is opening the document.");
  if (pending) return station(name, "under way", "The engine is taking what you typed.");
  return station(
    name,
    "done",
    damaged ? "The engine has all that could be read." : "The engine has all of it.",
  );
}

function onDisk(facts: StatusFacts): Station {
  const { here, copy, damaged } = facts;
  const name = "On this disk";
  if (here === null) return station(name, "waiting", "Not known yet.");
  if (here.state === "failed")
    return station(
      name,
      "failed",
      `It could not be saved: ${sentence(here.reason)}`,
      copy?.state === "kept" && isLevel(facts)
        ? "The text is in memory and in the second copy. Make room on this disk; Deckle goes on trying."
        : "The text is in memory only. Make room on this disk, or export the document; Deckle goes on trying.",
    );
  if (damaged)
    return station(
      name,
      "failed",
      "Some of what was stored is damaged, and was not found anywhere else yet.",
      "Nothing of it is thrown away. Connect to the relay if it was there, or bring back a backup.",
    );
  if (here.state === "saving" || !isLevel(facts)) return station(name, "under way", "It is being saved.");
  return station(name, "done", "All of it is saved on this device.");
}

function secondCopy(facts: StatusFacts): Station {
  const { copy, damaged } = facts;
  const name = "Second copy";
  if (copy === null) return station(name, "waiting", "Not known yet.");
  switch (copy.state) {
    case "none":
      return station(name, "none", "No second copy is kept.");
    case "failed":
      return station(
        name,
        "failed",
        `It does not have all of it: ${sentence(copy.reason)}`,
        "Make room where Deckle keeps its files, or let it write there. It goes on trying.",
      );
    case "keeping":
      return station(name, "under way", "It is being written.");
    case "kept":
      return isLevel(facts)
        ? station(
            name,
            "done",
            damaged
              ? "What could be read is in plain files beside Deckle's own storage."
              : "All of it is in plain files beside Deckle's own storage.",
          )
        : station(name, "under way", "It is being written.");
  }
}

const whyWithheld: Readonly<Record<Withheld, readonly [words: string, wayOut: string]>> = {
  "read-only": [
    "you may read here, not write",
    "Ask an owner of the workspace to let you write, or export the document.",
  ],
  "foreign-actor": [
    "the relay does not know the device that wrote it",
    "Export the document and import it again as one of yours.",
  ],
};

function onRelay(facts: StatusFacts): Station {
  const { relay, unsent, withheld, here } = facts;
  const name = "On the relay";
  if (relay?.state === "none") return station(name, "none", "There is no relay: this stays on this device.");
  if (relay === null || here === null) return station(name, "waiting", "Not known yet.");
  const lacks =
    unsent === null || unsent === 0
      ? isLevel(facts)
        ? null
        : "The last edits are not there yet"
      : `${capital(changes(unsent))} ${unsent === 1 ? "is" : "are"} not there yet`;
  if (withheld) {
    const [words, wayOut] = whyWithheld[withheld];
    return station(name, "failed", `${lacks ?? "Some changes are not there"}: ${words}.`, wayOut);
  }
  if (relay.state === "refused")
    return station(
      name,
      lacks === null && unsent === 0 ? "done" : "failed",
      `${lacks === null ? "" : `${lacks}. `}This device may not use this workspace any more.`,
      "Export the document, or ask an owner of the workspace for a new invite.",
    );
  if (lacks === null)
    return unsent === 0
      ? station(name, "done", "The relay has all of it on its disk.")
      : station(name, "waiting", "The relay has not said yet what it has.");
  switch (relay.state) {
    case "connected":
      return station(name, "under way", `${lacks}.`);
    case "connecting":
      return station(name, "waiting", `${lacks}. Deckle is connecting to the relay.`);
    case "unreachable":
      return station(
        name,
        "waiting",
        `${lacks}. The relay cannot be reached.`,
        "Deckle sends what is missing as soon as it can be reached.",
      );
    case "locked":
      return station(name, "failed", `${lacks}. ${sentence(relay.reason)}`);
    case "incompatible":
      return station(
        name,
        "failed",
        `${lacks}. What answers at its address is not a Deckle relay: ${sentence(relay.reason)}`,
        "Check the relay's address in the settings.",
      );
  }
}

function elsewhere(facts: StatusFacts): Station {
  const { seenBy, relay } = facts;
  const name = "On other devices";
  if (relay?.state === "none") return station(name, "none", "There is nobody to share it with here.");
  if (seenBy === null) return station(name, "waiting", "Not known yet.");
  if (!isLevel(facts)) return station(name, "waiting", "No other device can have the last edits yet.");
  if (seenBy === 0)
    return station(name, "waiting", "No other device has said yet that it has all of it. It may be offline.");
  const who = seenBy === 1 ? "1 other device has" : `${seenBy} other devices have`;
  return station(name, "done", `${who} said that all of it is on disk there.`);
}
