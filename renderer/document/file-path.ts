/**
 * What a file is called beside a Markdown file: `files/<SHA-256>.<ext>`. Reading it back gives the same file,
 * wherever the blob with this hash is. What systems run when it is opened is called `.bin` there.
 */
import { isBlobHash } from "./blobs.ts";

const folder = "files/";
/** What a double click shows, and never runs. `electron/policy/mirror.ts` lets these into the readable copy. */
export const fileExtensions: ReadonlySet<string> = new Set(
  "pdf txt csv json zip gz tar 7z doc docx xls xlsx ppt pptx odt ods odp rtf epub mp3 wav ogg flac m4a mp4 mov webm mkv png jpg jpeg gif webp avif bmp tif tiff".split(
    " ",
  ),
);
const other = "bin";

/** Relative to the Markdown file; null where there is no file. */
export function filePath(hash: string, name: string): string | null {
  if (!isBlobHash(hash)) return null;
  const extension = /\.([a-z0-9]+)$/i.exec(name)?.[1]?.toLowerCase() ?? "";
  return `${folder}${hash}.${fileExtensions.has(extension) ? extension : other}`;
}

/** The hash of the file that an address of a Markdown file names; null where it is none of ours. */
export function fileFromPath(path: string): string | null {
  const [, hash = "", extension = ""] = /^files\/([0-9a-f]{64})\.([a-z0-9]+)$/.exec(path) ?? [];
  return isBlobHash(hash) && (extension === other || fileExtensions.has(extension)) ? hash : null;
}
