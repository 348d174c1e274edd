/**
 * The words over a page that is not where it should be: what happened, where the words are now, and what to do. That
 * they cannot be saved on this device comes before that they are not shared.
 */
import type { Access, CopyState, DocumentStatus, RelayState, Withheld } from "../../engine/port.ts";

export type BannerFacts = {
  access: Access;
  relay: RelayState | null;
  withheld: Withheld | null;
  here: DocumentStatus["here"] | null;
  copy: CopyState | null;
  /** The window holds edits that the engine has not taken, or has said nothing about yet. */
  isBehind: boolean;
};

/** `not-saved` interrupts: whoever types on must know. */
export type BannerText = { kind: "not-saved" | "not-shared"; words: string };

/** Null where all is well: most of the time. */
export function bannerText(facts: BannerFacts): BannerText | null {
  const notSaved = notSavedWords(facts);
  if (notSaved !== null) return { kind: "not-saved", words: notSaved };
  const notShared = notSharedWords(facts);
  return notShared === null ? null : { kind: "not-shared", words: notShared };
}

function notSavedWords({ here, copy, isBehind }: BannerFacts): string | null {
  if (here?.state !== "failed") return null;
  const what = `This document cannot be saved on this device: ${ended(here.reason)}`;
  if (copy?.state === "kept" && !isBehind)
    return (
      `${what} What you wrote is kept in memory and in the second copy. Make room on this disk; Deckle goes on ` +
      "trying, and says so here until it works."
    );
  if (copy?.state === "failed")
    return (
      `${what} The second copy cannot be written either: ${ended(copy.reason)} What you wrote is in memory only, and ` +
      "gone if Deckle or this computer stops. Export it now, to another disk, or make room. Keep Deckle open."
    );
  return (
    `${what} What you wrote is kept in memory only. Make room on this disk, or export the document. Keep Deckle ` +
    "open; it goes on trying."
  );
}

const ended = (reason: string): string => `${reason.replace(/\.$/, "")}.`;

function notSharedWords({ access, relay, withheld }: BannerFacts): string | null {
  const isShutOut = relay?.state === "refused" || (access.kind === "member" && access.role === "revoked");
  if (isShutOut)
    return (
      "This device may not use this workspace any more. What you have here is safe on this device, and what you " +
      "write stays on it. You can export it, or ask an owner of the workspace for a new invite."
    );
  if (withheld === "read-only")
    return (
      "Some of what was written here stays on this device: you may read here, not write. It is safe. You can " +
      "export it, or ask an owner of the workspace to let you write."
    );
  if (withheld === "foreign-actor")
    return (
      "Some of what is written here stays on this device: the relay does not know the device that wrote it. It is " +
      "safe. You can export it and import it again as a document of yours."
    );
  return null;
}
