import { expect, it } from "vitest";
import type { StorageReport } from "../../engine/port.ts";
import { isHelpedByBackup, outcome, whatToDo } from "./storage-words.ts";

const well: StorageReport = {
  documents: 1200,
  chunks: 3000,
  bytes: 4_000_000,
  damaged: [],
  onlyInCopy: 0,
  onlyInBrowser: 0,
  copy: { documents: 1200, chunks: 3000, bytes: 4_100_000, damaged: 0 },
  blobs: { blobs: 12, bytes: 30_000_000, damaged: 0, missing: [] },
  persisted: true,
};
const notes = { document: "a", title: " " };

it("says that everything is whole where it is, and how much it read", () => {
  expect(outcome(well)).toEqual({
    state: "well",
    title: "Everything is whole",
    words: [
      "1,200 documents on this device: 3,000 pieces, 4.0 MB, each read and compared with its checksum.",
      "Second copy: 3,000 pieces, 4.1 MB.",
      "12 images and files: 30.0 MB, each compared with its hash.",
    ],
    damaged: [],
    healed: [],
    missing: [],
  });
  expect(whatToDo(well)).toBeNull();
});

it.each<[string, "healed" | "missing" | "damaged", Partial<StorageReport>, RegExp | null]>([
  ["What was damaged or missing is whole again", "healed", { damaged: [{ ...notes, healed: true }] }, null],
  ["What was damaged or missing is whole again", "healed", { onlyInCopy: 2 }, null],
  ["What was damaged or missing is whole again", "healed", { onlyInBrowser: 1 }, null],
  [
    "1 document could not be mended",
    "damaged",
    { damaged: [{ ...notes, healed: false }] },
    /bring back what a backup has/,
  ],
  [
    "The documents are whole, the second copy is not",
    "damaged",
    { copy: { failure: "no room" } },
    /Make room/,
  ],
  [
    "The documents are whole, the second copy is not",
    "damaged",
    { copy: { documents: 1, chunks: 1, bytes: 1, damaged: 2 } },
    /written anew/,
  ],
  [
    "The documents are whole, 3 images and files are not here",
    "missing",
    {
      // What came back meanwhile is not what is to be said first.
      onlyInCopy: 1,
      blobs: {
        blobs: 1,
        bytes: 1,
        damaged: 1,
        missing: [
          { document: "a", title: "Vat", blobs: 2 },
          { document: "b", title: "", blobs: 1 },
        ],
      },
    },
    /bring back what a backup has/,
  ],
  [
    "The documents are whole, 1 image or file is damaged",
    "missing",
    { blobs: { blobs: 1, bytes: 0, damaged: 1, missing: [] } },
    null,
  ],
  [
    "The documents are whole, images and files are not known to be",
    "missing",
    { blobs: { failure: "no answer" } },
    null,
  ],
])("%s (%s)", (title, state, report, advice) => {
  const found = outcome({ ...well, ...report });
  expect([found.title, found.state]).toEqual([title, state]);
  const said = whatToDo({ ...well, ...report });
  expect(said === null ? null : advice?.test(said)).toBe(advice === null ? null : true);
});

it("names what is damaged still, and what was mended", () => {
  const { damaged, healed, words } = outcome({
    ...well,
    damaged: [
      { ...notes, healed: false },
      { document: "b", title: "Mended", healed: true },
    ],
    onlyInBrowser: 1,
    persisted: false,
    copy: { failure: "the disk is full." },
  });
  expect([damaged, healed]).toEqual([["Untitled"], ["Mended"]]);
  expect(words.slice(1)).toEqual([
    "The second copy could not be checked: the disk is full.",
    "12 images and files: 30.0 MB, each compared with its hash.",
    "1 piece went to the second copy, which lacked it.",
    "The system may clear Deckle's own storage when the disk is full; the second copy stays.",
  ]);
});

it("says of images and files how many are damaged, and of which documents some are not here", () => {
  const { words, missing, state } = outcome({
    ...well,
    blobs: {
      blobs: 2,
      bytes: 900,
      damaged: 1,
      missing: [
        { document: "a", title: "Vat", blobs: 2 },
        { document: "b", title: " ", blobs: 1 },
        { document: "c", title: null, blobs: 4 },
      ],
    },
  });
  expect(state).toBe("missing");
  expect(words.slice(2)).toEqual([
    "2 images and files: 1 kB, each compared with its hash.",
    "1 of them is damaged and was set aside.",
    "4 images and files of documents that are not in this library are not here.",
  ]);
  expect(missing).toEqual(["Vat: 2 images and files", "Untitled: 1 image or file"]);
});

it("what is missing of documents that are elsewhere is said, and does not make this library less whole", () => {
  const blobs = { blobs: 0, bytes: 0, damaged: 0, missing: [{ document: "c", title: null, blobs: 1 }] };
  const { words, state } = outcome({ ...well, blobs });
  expect(state).toBe("well");
  expect(words.slice(2)).toEqual([
    "No images or files are here.",
    "1 image or file of documents that are not in this library is not here.",
  ]);
});

it.each<[boolean, Partial<StorageReport>]>([
  [false, {}],
  [false, { damaged: [{ ...notes, healed: true }] }],
  [false, { copy: { failure: "no room" } }],
  [true, { damaged: [{ ...notes, healed: false }] }],
  [true, { blobs: { blobs: 0, bytes: 0, damaged: 0, missing: [{ document: "a", title: "Vat", blobs: 1 }] } }],
])("a backup may help (%s): %j", (helps, report) => {
  expect(isHelpedByBackup({ ...well, ...report })).toBe(helps);
});
