/**
 * Where everything is: of each document of the library without opening it, and of all that is stored after reading and
 * verifying it. Reading mends on the way what one of the two places lacks (`storage.ts`).
 */
import type { Ledger } from "./ledger.ts";
import type { DocumentId, DocumentStatus, LibraryEntry, StorageReport, WhereEntry } from "./port.ts";
import type { Storage } from "./storage.ts";

export type WhereParts = {
  storage: Storage;
  ledger: Pick<Ledger, "receipt" | "here">;
  hasRelay: boolean;
  /** The status of a document that is open; undefined for others. */
  statusOf: (document: DocumentId) => DocumentStatus | undefined;
};

export function where(parts: WhereParts, entries: readonly LibraryEntry[]): WhereEntry[] {
  return entries.map(({ document, title }) => {
    const { storage, ledger, hasRelay, statusOf } = parts;
    const status = statusOf(document);
    const isRefused = storage.failure(document) !== null;
    // Of what is closed it is known that it was durable once, or nothing.
    const isKept = ledger.here(document) !== undefined;
    return {
      document,
      title,
      here: status?.here.state ?? (isRefused ? "failed" : isKept ? "saved" : "unknown"),
      copy: copyWord(storage, document, status !== undefined),
      unsent: hasRelay ? (status?.unsent ?? 0) > 0 || (ledger.receipt(document)?.unsent ?? false) : null,
      damaged: storage.isDamaged(document),
    };
  });
}

/** Of what is closed and was not compared with the copy since this engine started nothing is known. */
function copyWord(storage: Storage, document: DocumentId, isOpen: boolean): WhereEntry["copy"] {
  const { state } = storage.copyState(document);
  if (state === "kept") return isOpen || storage.isCopyKnown(document) ? "kept" : "unknown";
  return state === "none" ? "unknown" : "behind";
}

export type CheckParts = {
  storage: Storage;
  /** Of the library's documents. */
  titles: ReadonlyMap<DocumentId, string>;
  /** The library's lists: stored like documents, and none to whoever reads the report. */
  lists: readonly DocumentId[];
  /** Whether the browser has promised to keep its storage. */
  persisted: boolean;
};

/** Reads all there is, one document after another. */
export async function checkStorage({
  storage,
  titles,
  lists,
  persisted,
}: CheckParts): Promise<StorageReport> {
  const titleOf = (document: DocumentId): string =>
    titles.get(document) ?? (lists.includes(document) ? "The library's list" : "");
  const report: StorageReport = {
    documents: 0,
    chunks: 0,
    bytes: 0,
    damaged: [],
    onlyInCopy: 0,
    onlyInBrowser: 0,
    copy: { failure: "There is no second copy." },
    blobs: { failure: "Nobody keeps images and files here." },
    persisted,
  };
  for (const document of await storage.documents()) {
    const reading = await storage.chunks(document);
    if (!lists.includes(document)) report.documents++;
    report.chunks += reading.chunks.length;
    for (const { bytes } of reading.chunks) report.bytes += bytes.length;
    report.onlyInCopy += reading.healed;
    report.onlyInBrowser += reading.copied;
    if (reading.damaged.length > 0 || reading.mended > 0)
      report.damaged.push({
        document,
        title: titleOf(document),
        healed: reading.damaged.length === 0,
      });
    await storage.copied(document);
  }
  report.copy = await storage.verifyCopy();
  const blobs = await storage.checkBlobs();
  report.blobs =
    "failure" in blobs
      ? blobs
      : {
          ...blobs,
          missing: blobs.missing.map((each) => ({ ...each, title: titles.get(each.document) ?? null })),
        };
  return report;
}
