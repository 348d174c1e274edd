/** Where a picture is, as far as its view has seen: pure. */
import { pictureAgainAfterMs, pictureAgainAfterMsMax } from "./limits.ts";

export type PictureState =
  /** It has no blob: only where it came from is known, and nothing is loaded from there. */
  | { state: "named" }
  | { state: "loading"; failures: number }
  | { state: "shown" }
  /** Its blob is not here; asked for again after a while, or when it is said to have come. */
  | { state: "missing"; failures: number };

export const pictureStates = [
  "named",
  "loading",
  "shown",
  "missing",
] as const satisfies readonly PictureState["state"][];

export type PictureEvent = "loaded" | "failed" | "asked";

export const firstState = (hasBlob: boolean): PictureState =>
  hasBlob ? { state: "loading", failures: 0 } : { state: "named" };

export function nextState(now: PictureState, event: PictureEvent): PictureState {
  if (now.state === "named") return now;
  switch (event) {
    case "loaded":
      return { state: "shown" };
    case "failed":
      return { state: "missing", failures: (now.state === "shown" ? 0 : now.failures) + 1 };
    case "asked":
      return now.state === "missing" ? { state: "loading", failures: now.failures } : now;
  }
}

/** How long a missing picture waits until it is asked for again. */
export const againAfterMs = (failures: number): number =>
  Math.min(pictureAgainAfterMsMax, pictureAgainAfterMs * 2 ** Math.max(0, failures - 1));

/** What stands where the picture would be; "" where there is nothing to say. */
export function wordsFor({ state }: PictureState, hasRelay: boolean): string {
  if (state !== "missing") return "";
  return hasRelay ? "Waiting for the picture from the relay" : "The picture is not on this device";
}
