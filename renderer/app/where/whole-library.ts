/** Where the whole library is, in words: how much is everywhere, and what of which document is missing where. */
import type { DocumentId, WhereEntry } from "../../engine/port.ts";

export type Missing = { document: DocumentId; title: string; words: string };

/** What is known to be missing of a document; empty where nothing is. What is not known is not claimed either way. */
export function missingOf({ here, copy, unsent, damaged }: WhereEntry): string[] {
  return [
    ...(damaged ? ["some of it is damaged on this device"] : []),
    ...(here === "failed" ? ["it could not be saved on this device"] : []),
    ...(here === "saving" ? ["it is being saved"] : []),
    ...(copy === "behind" ? ["the second copy does not have all of it"] : []),
    ...(unsent === true ? ["some changes are not on the relay"] : []),
  ];
}

/** The documents of which something is missing, those first that are worst off. */
export function missingDocuments(entries: readonly WhereEntry[]): Missing[] {
  const worst = ({ damaged, here, copy }: WhereEntry): number =>
    damaged ? 0 : here === "failed" ? 1 : copy === "behind" ? 2 : 3;
  return entries
    .toSorted((a, b) => worst(a) - worst(b))
    .flatMap((entry) => {
      const missing = missingOf(entry);
      if (missing.length === 0) return [];
      const words = missing.join("; ");
      const { document, title } = entry;
      return [{ document, title, words: `${words.charAt(0).toUpperCase()}${words.slice(1)}.` }];
    });
}

const documents = (count: number): string => (count === 1 ? "1 document" : `${count} documents`);
const documentsAre = (count: number): string => `${documents(count)} ${count === 1 ? "is" : "are"}`;

/** A sentence each. */
export function libraryWords(entries: readonly WhereEntry[]): string[] {
  if (entries.length === 0) return ["There are no documents here yet."];
  const isMissing = (entry: WhereEntry): boolean => missingOf(entry).length > 0;
  const missing = entries.filter(isMissing).length;
  const unknown = entries.filter((entry) => isUnknown(entry) && !isMissing(entry)).length;
  const known = entries.length - missing - unknown;
  const said = [`${documents(entries.length)} in your library.`];
  if (known > 0) {
    const which = known === entries.length ? "All of it is" : documentsAre(known);
    said.push(`${which} ${wherever(entries)}.`);
  }
  if (missing > 0) said.push(`${documentsAre(missing)} not everywhere yet.`);
  if (unknown > 0)
    said.push(
      `${documents(unknown)} ${unknown === 1 ? "was" : "were"} not looked at since Deckle started: Check storage looks at everything.`,
    );
  return said;
}

const isUnknown = ({ here, copy }: WhereEntry): boolean => here === "unknown" || copy === "unknown";
const wherever = (entries: readonly WhereEntry[]): string =>
  entries.some(({ unsent }) => unsent !== null)
    ? "on this device, in the second copy and on the relay"
    : "on this device and in the second copy";
