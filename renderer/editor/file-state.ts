/** Where a file is, and what is said of it: pure. */

export type FileState = "asking" | "here" | "coming" | "missing";
export const fileStates = ["asking", "here", "coming", "missing"] as const satisfies readonly FileState[];

/** What stands beside its name; "" where there is nothing to say. */
export function fileWords(state: FileState, hasRelay: boolean): string {
  switch (state) {
    case "asking":
    case "here":
      return "";
    case "coming":
      return "Arriving from the relay";
    case "missing":
      return hasRelay ? "Waiting for the file from the relay" : "The file is not on this device";
  }
}

/** A size as a person reads it; "" where it is not known. */
export function sizeWords(bytes: number): string {
  if (bytes <= 0) return "";
  if (bytes < 1024) return bytes === 1 ? "1 byte" : `${bytes} bytes`;
  const [unit, least] = bytes < 1024 * 1024 ? ["KB", 1024] : ["MB", 1024 * 1024];
  const value = bytes / Number(least);
  return `${value < 10 ? Math.round(value * 10) / 10 : Math.round(value)} ${unit}`;
}
