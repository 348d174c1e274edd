/**
 * What a blob is, by its first bytes and never by what somebody says that it is: images get their type, everything
 * else is bytes. A blob that is served as something else than it is could run in the window.
 */

export const imageTypes = [
  "image/png",
  "image/jpeg",
  "image/gif",
  "image/webp",
  "image/avif",
  "image/svg+xml",
] as const;
export const bytesType = "application/octet-stream";
export type BlobType = (typeof imageTypes)[number] | "application/pdf" | typeof bytesType;

/** `head` is its first `blobHeadBytes`, or all of it. */
export function blobType(head: Uint8Array): BlobType {
  const text = String.fromCharCode(...head.subarray(0, 12));
  if (text.startsWith("\x89PNG\r\n\x1a\n")) return "image/png";
  if (text.startsWith("\xff\xd8\xff")) return "image/jpeg";
  if (/^GIF8[79]a/.test(text)) return "image/gif";
  if (/^RIFF[^]{4}WEBP/.test(text)) return "image/webp";
  if (/^[^]{4}ftypavi[fs]/.test(text)) return "image/avif";
  if (text.startsWith("%PDF-")) return "application/pdf";
  return isSvg(head) ? "image/svg+xml" : bytesType;
}

export const isImage = (type: string): boolean => imageTypes.some((each) => each === type);

/** Its root is `svg`, after what may come before a root. */
function isSvg(head: Uint8Array): boolean {
  let text = "";
  for (const byte of head) text += String.fromCharCode(byte);
  // The byte order mark of UTF-8.
  text = text.replace(/^\xef\xbb\xbf/, "");
  for (;;) {
    const rest = text
      .replace(/^\s+/, "")
      .replace(/^<\?[^]*?\?>/, "")
      .replace(/^<!--[^]*?-->/, "")
      .replace(/^<!DOCTYPE[^[>]*(\[[^\]]*\]\s*)?>/i, "");
    if (rest === text) return /^<svg[\s/>]/.test(text);
    text = rest;
  }
}

/** Headers that it is served with to windows. */
export function blobHeaders(type: BlobType): Readonly<Record<string, string>> {
  const isShown = isImage(type);
  return {
    "Content-Type": isShown ? type : bytesType,
    "X-Content-Type-Options": "nosniff",
    // It is named after its content.
    "Cache-Control": "private, max-age=31536000, immutable",
    // Opened by itself an SVG is a document, which could run scripts of the app's own origin.
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    ...(!isShown && { "Content-Disposition": "attachment" }),
  };
}
