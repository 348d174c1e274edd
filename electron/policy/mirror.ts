/**
 * The readable copy's decisions: what a document's file is called, and what may be done with a file that is there
 * already. Nothing that a person wrote is ever overwritten: what is not as we left it is moved aside or let be.
 */
import { exportName } from "./export-name.ts";
import { sameNamesMax } from "./limits.ts";

const withoutExtension = (name: string): string => name.replace(/\.md$/, "");

/** Two names of one file, wherever the folder may be: some systems tell neither case nor accents' spellings apart. */
export const nameKey = (name: string): string => name.normalize("NFC").toLowerCase();

/** What a document's file may be called, the best name first: "Title.md", "Title 2.md", … */
export function* mirrorNames(title: string): Generator<string> {
  const name = exportName(title);
  yield name;
  for (let count = 2; count <= sameNamesMax; count++) yield `${withoutExtension(name)} ${count}.md`;
}

/** What a file is called from then on that a person wrote in. */
export function* editedNames(name: string): Generator<string> {
  const edited = `${withoutExtension(name)} (edited outside Deckle)`;
  yield `${edited}.md`;
  for (let count = 2; count <= sameNamesMax; count++) yield `${edited} ${count}.md`;
}

/** A file of the name, as it is found: nothing, what we are about to write, what we wrote last, or something else. */
export type Found = "nothing" | "wanted" | "ours" | "other";

export function found(onDisk: string | null, wanted: string, written: string | null): Found {
  if (onDisk === null) return "nothing";
  if (onDisk === wanted) return "wanted";
  return onDisk === written ? "ours" : "other";
}

/**
 * What to do with the file that a document has had so far.
 *
 * `set-aside`: somebody else wrote in it; it gets another name and stays.
 */
export function doWithOwn(file: Found): "write" | "leave" | "set-aside" {
  switch (file) {
    case "nothing":
    case "ours":
      return "write";
    case "wanted":
      return "leave";
    case "other":
      return "set-aside";
  }
}

/** Whether a document may have this name, which is not the one that it has. */
export function mayTake(file: Found, isAnotherDocuments: boolean): boolean {
  return !isAnotherDocuments && (file === "nothing" || file === "wanted");
}

/**
 * What the files of a readable copy may end with, as `renderer/document/file-path.ts` and `image-path.ts` write it:
 * a text names whatever somebody wrote in it, and nothing that is run by a double click is put beside it.
 */
const extensions = new Set(
  "bin pdf txt csv json zip gz tar 7z doc docx xls xlsx ppt pptx odt ods odp rtf epub mp3 wav ogg flac m4a mp4 mov webm mkv png jpg jpeg gif webp avif bmp tif tiff svg ico".split(
    " ",
  ),
);

/** The images and files that a text names: `images/SHA256.EXTENSION` and `files/…`; `name` is with its folder. */
export function blobsOf(markdown: string): { sha256: string; name: string }[] {
  const names = new Map<string, string>();
  for (const [name] of markdown.matchAll(/\b(?:images|files)\/[0-9a-f]{64}\.[a-z0-9]{1,8}\b/g)) {
    const dot = name.indexOf(".");
    if (extensions.has(name.slice(dot + 1))) names.set(name, name.slice(name.indexOf("/") + 1, dot));
  }
  return [...names].map(([name, sha256]) => ({ name, sha256 }));
}
