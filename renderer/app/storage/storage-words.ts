/** What a check of the storage has found, in words: what is well, what is not, and what to do. */
import type { StorageReport } from "../../engine/port.ts";
import { amount } from "../status/amount.ts";

export type Outcome = {
  /** `missing`: all that is here is whole, and some images or files are not here. */
  state: "well" | "healed" | "missing" | "damaged";
  /** The outcome as a whole. */
  title: string;
  /** A sentence each. */
  words: string[];
  /** Titles of the documents that are damaged still, and of those that were mended. */
  damaged: string[];
  healed: string[];
  /** Titles of documents with images or files that are not on this device, and how many. */
  missing: string[];
};

const count = (of: number, noun: string): string =>
  `${of.toLocaleString("en")} ${noun}${of === 1 ? "" : "s"}`;
const titled = ({ title }: { title: string }): string => title.trim() || "Untitled";

type Blobs = Exclude<StorageReport["blobs"], { failure: string }>;

/** A sentence each. */
function blobWords({ blobs, bytes, damaged, missing }: Blobs): string[] {
  const elsewhere = missing.reduce((sum, each) => sum + (each.title === null ? each.blobs : 0), 0);
  const said = [
    blobs === 0
      ? "No images or files are here."
      : `${imagesAndFiles(blobs)}: ${amount(bytes)}, ${blobs === 1 ? "" : "each "}compared with its hash.`,
  ];
  if (damaged > 0)
    said.push(
      damaged === 1
        ? "1 of them is damaged and was set aside."
        : `${damaged.toLocaleString("en")} of them are damaged and were set aside.`,
    );
  if (elsewhere > 0)
    said.push(
      `${imagesAndFiles(elsewhere)} of documents that are not in this library ${is(elsewhere)} not here.`,
    );
  return said;
}

const imagesAndFiles = (of: number): string =>
  of === 1 ? "1 image or file" : `${of.toLocaleString("en")} images and files`;
const is = (of: number): string => (of === 1 ? "is" : "are");
/** Images and files that documents of this library name and that are not here. */
const missingBlobs = ({ blobs }: StorageReport): number =>
  "failure" in blobs
    ? 0
    : blobs.missing.reduce((sum, each) => sum + (each.title === null ? 0 : each.blobs), 0);

export function outcome(report: StorageReport): Outcome {
  const { documents, chunks, bytes, onlyInCopy, onlyInBrowser, copy, blobs, persisted } = report;
  const damaged = report.damaged.filter(({ healed }) => !healed).map(titled);
  const healed = report.damaged.filter(({ healed: isHealed }) => isHealed).map(titled);
  const missing =
    "failure" in blobs
      ? []
      : blobs.missing.flatMap((each) =>
          each.title === null ? [] : [`${titled({ title: each.title })}: ${imagesAndFiles(each.blobs)}`],
        );
  const words = [
    `${count(documents, "document")} on this device: ${count(chunks, "piece")}, ${amount(bytes)}, each read and compared with its checksum.`,
  ];
  if ("failure" in copy)
    words.push(`The second copy could not be checked: ${copy.failure.replace(/\.$/, "")}.`);
  else
    words.push(
      `Second copy: ${count(copy.chunks, "piece")}, ${amount(copy.bytes)}${
        copy.damaged === 0 ? "" : `; ${count(copy.damaged, "stretch")}`.replace(/stretchs$/, "stretches")
      }${copy.damaged === 0 ? "" : " of its files cannot be read"}.`,
    );
  if ("failure" in blobs)
    words.push(`Images and files could not be checked: ${blobs.failure.replace(/\.$/, "")}.`);
  else words.push(...blobWords(blobs));
  if (onlyInCopy > 0) words.push(`${count(onlyInCopy, "piece")} came back from the second copy.`);
  if (onlyInBrowser > 0)
    words.push(
      `${count(onlyInBrowser, "piece")} went to the second copy, which lacked ${onlyInBrowser === 1 ? "it" : "them"}.`,
    );
  if (!persisted)
    words.push("The system may clear Deckle's own storage when the disk is full; the second copy stays.");
  const found = { words, damaged, healed, missing };
  if (damaged.length > 0)
    return { state: "damaged", title: `${count(damaged.length, "document")} could not be mended`, ...found };
  if ("failure" in copy || copy.damaged > 0)
    return { state: "damaged", title: "The documents are whole, the second copy is not", ...found };
  const lacking = missingBlobs(report);
  if (lacking > 0)
    return {
      state: "missing",
      title: `The documents are whole, ${imagesAndFiles(lacking)} ${is(lacking)} not here`,
      ...found,
    };
  if (!("failure" in blobs) && blobs.damaged > 0)
    return {
      state: "missing",
      title: `The documents are whole, ${imagesAndFiles(blobs.damaged)} ${is(blobs.damaged)} damaged`,
      ...found,
    };
  if ("failure" in blobs)
    return {
      state: "missing",
      title: "The documents are whole, images and files are not known to be",
      ...found,
    };
  if (healed.length > 0 || onlyInCopy > 0 || onlyInBrowser > 0)
    return { state: "healed", title: "What was damaged or missing is whole again", ...found };
  return { state: "well", title: "Everything is whole", ...found };
}

/** Whether a backup may have what is damaged or not here. */
export const isHelpedByBackup = (report: StorageReport): boolean =>
  report.damaged.some(({ healed }) => !healed) || missingBlobs(report) > 0;

/** What a person can do now; null where there is nothing to do. */
export function whatToDo(report: StorageReport): string | null {
  const isDamaged = report.damaged.some(({ healed }) => !healed);
  if (isDamaged)
    return (
      "What is damaged stays where it is, and nothing of those documents is removed. If they were on a relay, connect " +
      "to it: what is missing comes back by itself. Otherwise bring back what a backup has of them."
    );
  if ("failure" in report.copy)
    return "Make room where Deckle keeps its files, or let it write there. It goes on trying by itself.";
  if (report.copy.damaged > 0)
    return "Nothing is lost: the second copy is written anew from what is on this device. If this happens again, the disk may be failing.";
  if (missingBlobs(report) > 0)
    return (
      "If the relay has them, they come by themselves while Deckle is connected to it. Otherwise bring back what a " +
      "backup has of them, or put them into the document once more."
    );
  return null;
}
