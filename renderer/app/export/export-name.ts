/** What a file is called that a document is written to: its title, as far as file systems take it. */

/** Windows takes 255 characters, Linux 255 bytes; a path has room for few more. */
const nameCharsMax = 60;

export function exportName(title: string): string {
  const plain = title
    .replace(/[\p{C}\p{Zl}\p{Zp}\s]+/gu, " ")
    .replace(/[/\\:*?"<>|]+/g, "-")
    // No hidden file, and none whose name Windows would shorten.
    .replace(/^[.\s]+|[.\s]+$/g, "");
  const short = [...plain].slice(0, nameCharsMax).join("").trimEnd();
  return `${short || "Untitled"}.md`;
}
