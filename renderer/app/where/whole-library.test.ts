import { expect, it } from "vitest";
import type { WhereEntry } from "../../engine/port.ts";
import { libraryWords, missingDocuments } from "./whole-library.ts";

const well: WhereEntry = {
  document: "a",
  title: "Notes",
  here: "saved",
  copy: "kept",
  unsent: false,
  damaged: false,
};

it.each<[string, WhereEntry[]]>([
  ["There are no documents here yet.", []],
  ["1 document in your library. All of it is on this device, in the second copy and on the relay.", [well]],
  [
    "2 documents in your library. All of it is on this device and in the second copy.",
    [
      { ...well, unsent: null },
      { ...well, unsent: null },
    ],
  ],
  [
    "3 documents in your library. 2 documents are on this device, in the second copy and on the relay. 1 document is not everywhere yet.",
    [well, well, { ...well, unsent: true }],
  ],
  [
    "2 documents in your library. 1 document is on this device, in the second copy and on the relay. 1 document was not looked at since Deckle started: Check storage looks at everything.",
    [well, { ...well, here: "unknown", copy: "unknown" }],
  ],
])("%s", (words, entries) => expect(libraryWords(entries).join(" ")).toBe(words));

it("lists what is missing of which document, the worst first, and claims nothing of what is not known", () =>
  expect(
    missingDocuments([
      well,
      { ...well, document: "b", title: "Unsent", unsent: true },
      { ...well, document: "c", here: "unknown", copy: "unknown" },
      { ...well, document: "d", title: "Failed", here: "failed", copy: "behind" },
      { ...well, document: "e", title: "Damaged", damaged: true },
    ]),
  ).toEqual([
    { document: "e", title: "Damaged", words: "Some of it is damaged on this device." },
    {
      document: "d",
      title: "Failed",
      words: "It could not be saved on this device; the second copy does not have all of it.",
    },
    { document: "b", title: "Unsent", words: "Some changes are not on the relay." },
  ]));
