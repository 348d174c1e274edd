/** The words in place of a text that cannot be shown: why it is not here, and what brings it. */

export type MissingFacts = {
  /** What is here of it is damaged. */
  isDamaged: boolean;
  /** It is shown as it last looked. */
  isShown: boolean;
  /** There is a relay that could have it. */
  hasRelay: boolean;
  /** What of it has come so far; empty where the relay is not sending it. */
  amountReceived: string;
};

export function missingWords({ isDamaged, isShown, hasRelay, amountReceived }: MissingFacts): string {
  const why = isDamaged
    ? `What this device has of the document is damaged and cannot be ${isShown ? "opened" : "shown"}. Nothing was removed.`
    : "This document is not on this device.";
  const shown = isShown ? " What you see is how it last looked here." : "";
  return `${why}${shown} ${whatBringsIt(isDamaged, hasRelay, amountReceived)}`;
}

function whatBringsIt(isDamaged: boolean, hasRelay: boolean, amountReceived: string): string {
  if (amountReceived !== "") return `The relay is sending it: ${amountReceived}.`;
  if (!hasRelay) return "A backup may have it: bring it back from there.";
  return isDamaged
    ? "It opens when the relay sends it; a backup may have it too."
    : "It opens when the relay sends it.";
}
