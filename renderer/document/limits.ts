/** The bounds of documents, each with its reason. Those of Markdown stand with its parser. */

/**
 * Containers deeper than this are shown flattened: rendering recurses, and nobody reads it. A
 * Markdown list within a list is two containers, and 50 of those are let in.
 */
export const depthMax = 128;

/** CommonMark allows nine digits. */
export const orderedStartMax = 999_999_999;

/** Columns a table shows; the cells of any more join the last one. Each missing cell is made up, so it must be bounded. */
export const columnsMax = 100;

/** Rows or columns that a cell may say it covers; HTML has the same bound for columns. */
export const spanMax = 1000;

/** Pixels. */
export const imageWidthMax = 100_000;

/** Of the name of a file: what file systems take at most. */
export const fileNameCharsMax = 255;

/** Units of the CRDT that one node may hide: no merge gets near it. */
export const hiddenMax = 1_000_000_000;

/** Markers that are asked of the CRDT one by one, at about 50 µs each; above that the whole document is rendered. */
export const blocksReadMax = 2000;

/** Units of a text that are compared with the CRDT, at about 10 µs each. */
export const samplesMax = 8;

/**
 * Own edits in larger lists and tables than that are checked one time in so many, by rendering the
 * whole document: it takes longer than they do.
 */
export const checkLargeEvery = 20;

/** Insertions at one place from which on a guard, a letter inserted and deleted again, costs less than it may save. */
export const guardedInsertionsMin = 32;
