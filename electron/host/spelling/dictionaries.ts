/** The dictionaries that there are: those that come with the app, and those that a person put into a folder. */
import { readdir } from "node:fs/promises";
import { dictionariesMax } from "../../policy/limits.ts";

export type Dictionary = { readonly id: string; readonly name: string; readonly folder: string };

/** Their files are named after the id. */
const bundled: readonly { readonly id: string; readonly name: string }[] = [
  { id: "en-US", name: "English (United States)" },
  { id: "en-GB", name: "English (United Kingdom)" },
];

/** A folder that is not there has none. One that comes with the app cannot be taken the place of. */
export async function findDictionaries(ofApp: string, ofProfile: string): Promise<readonly Dictionary[]> {
  const names = await readdir(ofProfile).catch(() => []);
  const own = names
    .filter((name) => /^[\p{L}\p{N}][\p{L}\p{N}_. -]{0,63}\.dic$/u.test(name))
    .map((name) => name.slice(0, -".dic".length))
    .filter((id) => !bundled.some((each) => each.id === id))
    .toSorted()
    .slice(0, dictionariesMax);
  return [
    ...bundled.map((each) => ({ ...each, folder: ofApp })),
    ...own.map((id) => ({ id, name: languageName(id), folder: ofProfile })),
  ];
}

/** "de_DE" is German (Germany); what names no language is called as its file is. */
function languageName(id: string): string {
  try {
    const code = Intl.getCanonicalLocales(id.replaceAll("_", "-"))[0] ?? id;
    const name = new Intl.DisplayNames("en", { type: "language" }).of(code) ?? id;
    return name === code ? id : name;
  } catch {
    return id;
  }
}

/** What comes with the app is English: which, for somebody whose system speaks `locale`. */
export const englishOf = (locale: string): string =>
  /^en-(?!US|CA|PH)[A-Z]{2}/i.test(locale) ? "en-GB" : "en-US";
