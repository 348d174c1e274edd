/**
 * Why a disk did not do it, in words that end "Could not save …: REASON". From the system's error code.
 */
const words: Readonly<Record<string, string>> = {
  ENOSPC: "the disk is full. Make room on it, and Deckle tries again",
  EDQUOT: "your share of the disk is used up. Make room, and Deckle tries again",
  EACCES: "Deckle may not write in its own folder. Change the folder's permissions",
  EPERM: "Deckle may not write in its own folder. Change the folder's permissions",
  EROFS: "the disk can only be read. Make it writable, or start Deckle with its data elsewhere",
  EIO: "the disk reports a fault. Export what is open, and check the disk",
  EMFILE: "too many files are open. Close other programs, and Deckle tries again",
  ENFILE: "too many files are open. Close other programs, and Deckle tries again",
  EFBIG: "the file would be larger than this disk allows",
};

export function diskWords(code: string): string {
  return words[code] ?? `the system says ${code}`;
}
