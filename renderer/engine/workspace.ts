/**
 * The workspace document: which documents there are. Pure functions over its Automerge form.
 *
 * Every device makes the workspace of a relay for itself, from the same bytes: it has its maps before
 * anyone wrote, and so nobody's first entry replaces another's map. The bytes are written out here
 * because encoding them anew, by a later Automerge, could give the same change another hash.
 */
import type { Node } from "prosemirror-model";
import * as A from "@automerge/automerge/slim";
import type { LibraryEntry } from "./port.ts";

export const workspaceKind = "deckle/workspace";

type Entry = {
  kind: unknown;
  url: string;
  title: unknown;
  createdAt: number;
  /** Nothing was written in it yet. Only ever set in a device's own workspace. */
  blank?: boolean;
};
export type Workspace = { kind: unknown; version: number; name: string; entries: Record<string, Entry> };

/** How `genesis` was made. Run once; kept so that a test can show what the bytes say. */
export function makeGenesis(): Uint8Array {
  const empty = A.init<Workspace>({ actor: "00000000000000000000000000000000" });
  const doc = A.change(empty, { time: 0 }, (draft) => {
    draft.kind = new A.ImmutableString(workspaceKind);
    draft.version = 1;
    draft.name = "";
    draft.entries = {};
  });
  return A.save(doc);
}

const genesisBase64 =
  "hW9Kg8lK7V4AoAEBEAAAAAAAAAAAAAAAAAAAAAABogHujhgYF0bPg9AXwItiLReJzUlnsVBKmqN+ISjRStsGAQIDAhMCIwJAAlYCCBUbIQIjBTQBQgVWBlcRgAECfwB/AX8EfwB/AH8HfAdlbnRyaWVzBGtpbmQEbmFtZQd2ZXJzaW9uBAB8BH0CfwR8AAEEAXwAhgIAFGRlY2tsZS93b3Jrc3BhY2UBBAAA";

export const genesis = (): Uint8Array => Uint8Array.from(atob(genesisBase64), (char) => char.charCodeAt(0));

/** A scalar or collaborative string; anything else reads as empty. */
function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  return A.isImmutableString(value) ? value.val : "";
}

/** Whether a document is a workspace's list, and none of another kind. */
export const isList = (doc: Workspace): boolean => textOf(doc.kind) === workspaceKind;

/** The entries, whatever a member has made of them: what is not a map has none. */
function mapOf({ entries }: Workspace): Record<string, Entry | undefined> {
  return typeof entries === "object" && entries !== null && !Array.isArray(entries) ? entries : {};
}

/** A document's entry; what is not an entry is as good as none. */
export function entryOf(workspace: Workspace, document: string): Entry | undefined {
  const entry: unknown = mapOf(workspace)[document];
  return typeof entry === "object" && entry !== null ? (entry as Entry) : undefined;
}

/** The documents listed, newest first. Entries that are not documents of ours are passed over. */
export function entriesOf(workspace: Workspace): LibraryEntry[] {
  const list: LibraryEntry[] = [];
  for (const [document, entry] of Object.entries(mapOf(workspace))) {
    if (typeof entry !== "object" || entry === null || textOf(entry.kind) !== "document") continue;
    const createdAt = typeof entry.createdAt === "number" ? entry.createdAt : 0;
    list.push({ document, title: textOf(entry.title), createdAt });
  }
  return list.sort((a, b) => b.createdAt - a.createdAt || (a.document < b.document ? -1 : 1));
}

/** Lists a document, or brings its entry up to date. For use inside a change. */
export function putEntry(
  draft: Workspace,
  { document, title, createdAt }: LibraryEntry,
  isBlank = false,
): void {
  if (mapOf(draft) !== draft.entries) draft.entries = {};
  const known = entryOf(draft, document);
  if (!known) {
    const entry: Entry = {
      kind: new A.ImmutableString("document"),
      url: `automerge:${document}`,
      title: new A.ImmutableString(title),
      createdAt,
    };
    draft.entries[document] = isBlank ? { ...entry, blank: true } : entry;
    return;
  }
  if (textOf(known.title) !== title) known.title = new A.ImmutableString(title);
  if (!isBlank && known.blank !== undefined) delete known.blank;
}

/** Takes a document off the list. For use inside a change. */
export function removeEntry(draft: Workspace, document: string): void {
  if (mapOf(draft) === draft.entries) delete draft.entries[document];
}

/** Whether `putEntry` would change anything. */
export function needsEntry(workspace: Workspace, { document, title }: LibraryEntry): boolean {
  const known = entryOf(workspace, document);
  return !known || textOf(known.title) !== title || known.blank !== undefined;
}

/** Whether nobody has written anything in a document: it has no title, and one block with nothing in it. */
export const isBlank = (title: string, doc: Node): boolean =>
  title === "" && doc.childCount <= 1 && (doc.firstChild?.content.size ?? 0) === 0;
