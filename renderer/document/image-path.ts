/**
 * What the file of a picture is called beside a Markdown file: `images/<SHA-256>.<ext>`. Reading it back gives
 * the same picture, wherever the blob with this hash is.
 */
import { isBlobHash } from "./blobs.ts";

const folder = "images/";
const extensions: readonly (readonly [mediaType: string, extension: string])[] = [
  ["image/png", "png"],
  ["image/jpeg", "jpg"],
  ["image/gif", "gif"],
  ["image/webp", "webp"],
  ["image/avif", "avif"],
  ["image/svg+xml", "svg"],
  ["image/bmp", "bmp"],
  ["image/x-icon", "ico"],
  // Whatever else: a file must have some name.
  ["", "bin"],
];

/** Relative to the Markdown file; null where there is no picture of ours. */
export function imagePath(hash: string, mediaType: string): string | null {
  if (!isBlobHash(hash)) return null;
  const [, extension] = extensions.find(([type]) => type === mediaType) ?? ["", "bin"];
  return `${folder}${hash}.${extension}`;
}

/** The picture that an address of a Markdown file names; null where it is none of ours. */
export function imageFromPath(path: string): { hash: string; mediaType: string } | null {
  if (!path.startsWith(folder)) return null;
  const [hash = "", extension = "", ...rest] = path.slice(folder.length).split(".");
  const known = extensions.find(([, ext]) => ext === extension);
  if (!known || rest.length > 0 || !isBlobHash(hash)) return null;
  return { hash, mediaType: known[0] };
}
