/**
 * What a window and the engine say to each other over a MessagePort. The only file of the engine
 * that the window may import.
 *
 * The engine is the authority for an open document; a window is a prosemirror-collab client of it.
 * Both ends are ours and load from the same build, so messages are typed and not schema-parsed;
 * what crosses a trust boundary (relay, disk, IPC) is parsed where it enters.
 *
 * Versions count steps since the session began, as in prosemirror-collab. A window that opens from
 * a cached rendering gets the authority's document and brings itself level by a diff of its own.
 */

import type { Role } from "../../relay/protocol/roles.ts";

/** A document's id in Automerge's base58check form. Branded by convention, not by type. */
export type DocumentId = string;

/** ProseMirror JSON, as `Node.toJSON()` and `Step.toJSON()` give it. */
export type NodeJson = { type: string; [key: string]: unknown };
export type StepJson = { stepType: string; [key: string]: unknown };

export type LibraryEntry = { document: DocumentId; title: string; createdAt: number };

/** How the relay is doing. Only what was seen is claimed. */
export type RelayState =
  | { state: "none" } /* no relay is configured: writing alone */
  | { state: "connecting" } /* never reached since start, first attempts under way */
  | { state: "connected" }
  | { state: "unreachable"; since: number }
  | { state: "refused"; reason: string } /* the relay lets this device in no more; asked again now and then */
  | { state: "locked"; reason: string } /* the device's key cannot be used now: asked again now and then */
  | { state: "incompatible"; reason: string }; /* something answers there, but not a relay we can talk to */

/** What this device may do where it is. */
export type Access =
  /** Private, or an open relay: everything. */
  | { kind: "free" }
  /** In a workspace, as the relay last said; `revoked` is not any more, or not yet again. */
  | { kind: "member"; role: Role | "revoked" };

/**
 * Why changes of this device are kept here and not on the relay. `read-only`: it may not write there. `foreign-actor`:
 * they are somebody else's, or of a device that this one was before, and nobody has brought them.
 */
export type Withheld = "read-only" | "foreign-actor";

/** Where the words of one document are, from facts (heads), never from timers. */
export type DocumentStatus = {
  /** `saved`: every edit the engine has is durable on this disk. */
  here: { state: "saved" } | { state: "saving" } | { state: "failed"; reason: string };
  /** The second copy of it, in plain files. */
  copy: CopyState;
  /** Changes that the relay has not yet acknowledged as durable; null when there is no relay. */
  unsent: number | null;
  /** Set where the relay has refused some of the unsent changes: they stay on this device for now. */
  withheld: Withheld | null;
  /** Other devices that said, since this one opened it, that they have all of it on their disks; null without a relay. */
  seenBy: number | null;
  /** Some of it is damaged on this device and was not found anywhere else yet. */
  damaged: boolean;
};

/** `kept`: all that was saved is there. `none`: there is nobody who keeps one. */
export type CopyState =
  | { state: "kept" }
  | { state: "keeping" }
  | { state: "failed"; reason: string }
  | { state: "none" };

/** Of one document of the library, without opening it. */
export type WhereEntry = {
  document: DocumentId;
  title: string;
  /** `unknown`: it was not open since this engine started. */
  here: "saved" | "saving" | "failed" | "unknown";
  copy: "kept" | "behind" | "unknown";
  /** Whether there are changes that the relay has not acknowledged; null where there is no relay. */
  unsent: boolean | null;
  damaged: boolean;
};

/** What reading everything that is stored has brought to light. */
export type StorageReport = {
  /** Without the lists of the library, which are read as well. */
  documents: number;
  chunks: number;
  bytes: number;
  damaged: { document: DocumentId; title: string; healed: boolean }[];
  /** Chunks that were only in the second copy, and were put back. */
  onlyInCopy: number;
  /** Chunks that the second copy was lacking, and was given. */
  onlyInBrowser: number;
  copy: { documents: number; chunks: number; bytes: number; damaged: number } | { failure: string };
  /** Images and files. `missing`: of which documents how many are not on this device; without a title it is elsewhere. */
  blobs:
    | {
        blobs: number;
        bytes: number;
        damaged: number;
        missing: { document: DocumentId; title: string | null; blobs: number }[];
      }
    | { failure: string };
  /** Whether the browser has promised not to throw its storage away when the disk is full. */
  persisted: boolean;
};

/** A document that the relay is sending: what of it is here, of all that was lacking. Bytes of changes, as sent. */
export type Receiving = { receivedBytes: number; totalBytes: number };

/** Hashes of a document's newest changes: whoever has them has all before them. */
export type Heads = readonly string[];

export type FromWindow =
  /**
   * Opens a document. `rendering` names the cached rendering shown meanwhile, if any. `keeps`: the window had it open
   * with an engine that is gone, and sends again what it typed and was not told to be saved. `written`: the heads that
   * it was told since in `written`, newest first.
   */
  | {
      type: "open";
      document: DocumentId;
      clientId: string;
      rendering: string | null;
      keeps: boolean;
      written: readonly Heads[];
    }
  | { type: "close"; document: DocumentId }
  /**
   * Unconfirmed steps of a collab client; refused silently when `version` is not the authority's.
   * Each sending has the client's next `batch` number, counted from 1.
   */
  | {
      type: "steps";
      document: DocumentId;
      version: number;
      clientId: string;
      batch: number;
      steps: StepJson[];
    }
  /** The title field went from `base` to `value`; the engine merges it character by character. */
  | { type: "title"; document: DocumentId; clientId: string; base: string; value: string }
  /** Makes a document. Answered with `created`. */
  | { type: "create"; request: number; title: string }
  /** Makes a document from Markdown. Answered with `created`, or `failed` with nothing made. */
  | { type: "import"; request: number; name: string; markdown: string }
  /** Makes everything typed so far durable, then answers `flushed`. */
  | { type: "flush"; request: number }
  /** The answer to `ticket`: a ticket, or why there is none. */
  | { type: "ticket"; request: number; ticket: TicketAnswer }
  /** The answer to `import-history`. */
  | { type: "history-imported"; request: number; failure: string | null }
  /**
   * Hands a document of the private workspace over to a joined one, where it is listed the next time this profile
   * turns to it. Answered with `flushed` once that is noted durably, or `failed`.
   */
  | { type: "hand-over"; request: number; document: DocumentId; workspace: DocumentId }
  /**
   * This device leaves a workspace: its documents, as far as they are here, are listed in the private one from then on.
   * Answered as `hand-over` is.
   */
  | { type: "take-back"; request: number; workspace: DocumentId }
  /** Where everything is. Answered with `where`. */
  | { type: "where"; request: number }
  /** Reads and verifies all that is stored. Answered with `storage-checked`, or `failed`. */
  | { type: "check-storage"; request: number }
  /** Makes a document of what a backup has of another. Answered with `created`, or `failed`. */
  | { type: "copy-from-backup"; request: number; backup: string; document: DocumentId; title: string }
  /** Another folder holds the readable copy, or none does. */
  | { type: "mirror-changed" }
  /** The window is going away. */
  | { type: "bye" };

export type TicketAnswer =
  | { ok: true; ticket: string }
  /** `refused`: the relay does not let this device in. */
  | { ok: false; code: "refused" | "unreachable" | "no-key"; reason: string };

export type FromEngine =
  /** The engine's first word: for as long as it lives, it holds the lock of this name. */
  | { type: "engine"; lock: string }
  /** It ends now, with everything durable, for one with less memory: the next is to be started once its lock is free. */
  | { type: "retiring" }
  /** Asks for a ticket to connect with; any window may answer. */
  | { type: "ticket"; request: number }
  /** Asks main to have the relay take a document's history by other authors; any window may answer. */
  | { type: "import-history"; request: number; document: DocumentId }
  | { type: "access"; access: Access }
  | { type: "library"; entries: LibraryEntry[] }
  | { type: "relay"; relay: RelayState }
  /**
   * The authority's document; `doc` is null where the window's cached rendering is exactly it.
   * `engine` names this engine: under the same name nothing that was confirmed is missing, and of the
   * client's own sendings those up to batch `taken` are in. A new engine knows only what was on disk, or came from
   * the relay: `holds` are the first of the heads in `open` that it has, null where it has none of them. `clients` are
   * those that have the document open: what others did that a window shows is perhaps nowhere else, where `holds` does
   * not cover it. The journal may have an older state of it.
   */
  | {
      type: "opened";
      document: DocumentId;
      version: number;
      doc: NodeJson | null;
      title: string;
      engine: string;
      taken: number;
      holds: Heads | null;
      clients: readonly string[];
    }
  /**
   * Not on this device, or damaged here beyond showing, and the relay has not sent it (yet); `opened` follows if it
   * arrives.
   */
  | { type: "missing"; document: DocumentId; isDamaged: boolean }
  /**
   * The relay is sending much of a document, which may be open or missing meanwhile; null when it has come, or when
   * the connection has gone. After `open` it is said only where there is something to say.
   */
  | { type: "receiving"; document: DocumentId; receiving: Receiving | null }
  /** Bytes of whatever document that wait in the connection to the relay; 0 is none, or so few that it is not said. */
  | { type: "sending"; bytes: number }
  /** Could not be opened; the words say why. Nothing was changed on disk. */
  | { type: "unreadable"; document: DocumentId; reason: string }
  /** Steps that the authority accepted, from `version` on; includes the window's own. */
  | { type: "steps"; document: DocumentId; version: number; steps: StepJson[]; clientIds: string[] }
  /** All that was accepted before `version` is in every document that has these heads. */
  | { type: "written"; document: DocumentId; version: number; heads: Heads }
  /** The title as it is now; `clientId` is whose change it answers. */
  | { type: "title"; document: DocumentId; title: string; clientId: string }
  | { type: "status"; document: DocumentId; status: DocumentStatus }
  | { type: "created"; request: number; document: DocumentId }
  | { type: "failed"; request: number; message: string }
  | { type: "flushed"; request: number }
  | { type: "where"; request: number; documents: WhereEntry[] }
  | { type: "storage-checked"; request: number; report: StorageReport };

/** The client id under which the engine's own steps (remote changes, repairs) reach windows. */
export const engineClientId = "engine";
