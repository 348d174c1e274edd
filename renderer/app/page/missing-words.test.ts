import { expect, it } from "vitest";
import { missingWords, type MissingFacts } from "./missing-words.ts";

const missing: MissingFacts = { isDamaged: false, isShown: false, hasRelay: true, amountReceived: "" };

it.each<[string, Partial<MissingFacts>]>([
  ["This document is not on this device. It opens when the relay sends it.", {}],
  [
    "This document is not on this device. What you see is how it last looked here. The relay is sending it: 3.1 of 12.0 MB.",
    { isShown: true, amountReceived: "3.1 of 12.0 MB" },
  ],
  [
    "What this device has of the document is damaged and cannot be shown. Nothing was removed. It opens when the relay sends it; a backup may have it too.",
    { isDamaged: true },
  ],
  // Nobody is told to wait for a relay that there is none of.
  [
    "What this device has of the document is damaged and cannot be shown. Nothing was removed. A backup may have it: bring it back from there.",
    { isDamaged: true, hasRelay: false },
  ],
  [
    "This document is not on this device. A backup may have it: bring it back from there.",
    { hasRelay: false },
  ],
  [
    "What this device has of the document is damaged and cannot be opened. Nothing was removed. What you see is how it last looked here. The relay is sending it: 1 kB.",
    { isDamaged: true, isShown: true, amountReceived: "1 kB" },
  ],
])("%s", (words, facts) => {
  expect(missingWords({ ...missing, ...facts })).toBe(words);
});
