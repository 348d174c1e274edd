/** The editor's limits, each with its reason. */

/** An engine that is silent this long after it was sent steps is asked for the document afresh. */
export const confirmAfterMsMax = 10_000;
/** An engine that is silent this long after `open` is started again; loading a large document takes seconds. */
export const openAfterMsMax = 20_000;
/** The wait before the engine is started again, doubled at each failure. */
export const restartAfterMs = 500;
export const restartAfterMsMax = 30_000;
/** Confirmed steps kept until they are known to be on disk, against the death of the engine. */
export const undurableStepsMax = 4_000;
/** Of the engine's writes that are not known to be on disk, the newest: an engine writes at most some 12 a second. */
export const writtenHeadsMax = 500;
/** How many times in a row a document is asked for again because its steps do not fit. */
export const resyncsMax = 4;
/** An engine that took steps and has not said within this time whether they are saved is asked. */
export const statusAfterMsMax = 4_000;
/** What was typed before the right to write was taken reaches the document within this time. */
export const lastTypedMs = 50;
/** How many times that a composition may go on which was under way then. */
export const lastComposedRoundsMax = 200;
/** A title that came from elsewhere waits until the person has not typed in the field for this long. */
export const titleQuietMs = 500;
/**
 * Places of a deletion, times the steps that it is mapped over: about a third of a second. One of more takes away all
 * where that is as long as it was, else nothing: what others wrote into it could not be told from it.
 */
export const splitDeletionWorkMax = 10_000_000;
/** Rows and columns of a new table. */
export const tableSizeAtFirst = 3;
/** Pixels: a column without a width is no narrower, or its words would stand one below the other. */
export const cellWidthMin = 88;
/** An address of an image that is longer is not kept: no browser makes one. */
export const imageSourceLengthMax = 2048;
/** The largest picture that is taken: it is held whole in memory to be shown, and travels to everybody. */
export const pictureBytesMax = 100 * 1024 * 1024;
/** The largest file that is taken: what main and the relay take of one (`blobBytesMax`). */
export const fileBytesMax = 100 * 1024 * 1024;
/** Pixels: a picture that is narrower can hardly be taken hold of again. */
export const pictureWidthMin = 48;
/** What one press of Narrower or Wider makes of a picture's width. */
export const pictureWidthFactor = 1.25;
/** The wait before a picture that is not here is asked for again, doubled each time. Main tells when it has come. */
export const pictureAgainAfterMs = 2_000;
export const pictureAgainAfterMsMax = 60_000;

/** What is typed to find something in the slash menu; longer than that it is text. */
export const slashCharsMax = 30;
/** What is typed into the field of a search. */
export const findTypedCharsMax = 1_000;
/** What is marked and counted of what is found; of more it is said that there is more. */
export const findMatchesMax = 10_000;
/** A search goes on for so long in one frame, and leaves the rest of it for writing. */
export const findSliceMs = 6;
/** What is found and is kept in one frame: some microseconds each. */
export const findSliceMarksMax = 1_000;
/** Of a pattern: its length times how often it repeats. What is made of it for searching grows with that. */
export const findPatternWorkMax = 30_000;
/** Of a pattern and a paragraph: how much is looked at, about 50 ms. Longer paragraphs are left out, which is said. */
export const findBlockWorkMax = 500_000;
/** Pixels over and under what was gone to; over it lies the search. */
export const foundAboveMin = 140;
export const foundBelowMin = 60;
/** How long nobody types before it is told how much is found now. */
export const findPauseMs = 200;
/** Steps that come at once and are followed; more of them, as from replacing all, begin the search again. */
export const findStepsMax = 100;
/** Characters that changed at once and are searched at once; more than that is searched in slices. */
export const findStretchMax = 50_000;
/** Of the page's height: where the line stays that is written with typewriter scrolling. */
export const typewriterHeight = 0.45;
/** A text that is longer is counted in pieces: about a millisecond each, whatever the script. */
export const pieceChars = 4_000;
/** A piece that has found no border between words by then is cut where it is. */
export const pieceCharsMax = 16_000;
/** Counting gets this much of a frame; what it does not finish goes on while nothing else is to be done. */
export const countInFrameMs = 4;
export const countInIdleMs = 8;
/** Counting goes on after this long even where there is always something to be done. */
export const countAgainMsMax = 250;
/** Of a heading that is longer the outline shows the beginning. */
export const headingCharsMax = 300;
/** Pixels from the top of the pane: whose heading is above that is the section that one reads. */
export const sectionTopPx = 96;
/** A paragraph that is longer is no prose, and is not checked for spelling. */
export const spelledBlockCharsMax = 50_000;
/** A longer word is none that a dictionary has: main takes no longer ones. */
export const spelledWordCharsMax = 64;
/** Misspelled words that are marked at once: far more than a screen has of anything but a foreign language. */
export const misspelledShownMax = 1_000;
/** New words are asked for so long after the last key: nobody wants to be told while they type. */
export const spellingAfterMs = 150;
/** What lies so far outside of the window is checked and coloured too, for it is scrolled to next. */
export const paintMarginPx = 400;
/** Code that is longer is shown in one colour: it is parsed anew at each key in it. */
export const colouredCodeCharsMax = 20_000;
/** Of a footnote that is shown beside its reference. */
export const footnoteShownCharsMax = 300;
/** Of a formula that is printed; a longer one stands as its source. */
export const formulaCharsMax = 5_000;
/** Pieces of code that are coloured at once. */
export const colouredPiecesMax = 3_000;

/** Of pasted HTML, without pictures that are written out in it: the text of a long book with its tags. */
export const pasteHtmlCharsMax = 2_000_000;
/** Of a paragraph: a longer one becomes several, for the browser breaks all of its lines anew at each key. */
export const pasteParagraphCharsMax = 20_000;
/** Of pasted text without HTML. */
export const pasteTextCharsMax = 1_000_000;
/** Of pasted HTML with its pictures: what a window can hold several times over. */
export const pasteBytesMax = 128 * 1024 * 1024;
/** Elements that are taken at once: laying out more than that takes longer than a person waits. */
export const pasteElementsMax = 20_000;
/** Lists, quotes and tables in one another; what lies deeper is laid into the last. Two to a list, as in Markdown. */
export const pasteDepthMax = 50;
/**
 * Places in the grids of all tables of a paste, merged ones too; the cells of any more become paragraphs. Writing one into
 * the document takes Automerge a millisecond, and meanwhile nothing is saved.
 */
export const pasteCellsMax = 2_000;
/** Elements in one another: pages have a hundred, Chromium lets in 512. */
export const pasteBoxesDeepMax = 200;
/** Tables in cells of tables: laying them out takes twice as long with each. */
export const pasteTablesDeepMax = 4;
/** Style rules times elements: each rule of a pasted style sheet is looked up in all of them. */
export const pasteStyleWorkMax = 2_000_000;
/** Footnotes that are recognised in a paste: for each the note is looked for. */
export const pasteFootnotesMax = 500;
/** Of an attribute that is words: a description, a name. */
export const pasteAttributeCharsMax = 2_000;
/** From the command "Paste as plain text" to the paste that it brings about. */
export const plainPasteWithinMs = 2_000;
/** From a paste that brought nothing of what was named to its next tries. */
export const pasteAgainAfterMs = [30, 200] as const;

/** A text of fewer blocks is laid out whole: the browser walks over so many in some milliseconds. */
export const laidOutBlocksMin = 300;
/** Above and below the window, in its own heights; more are laid out again before so many are left, one for Page Down. */
export const laidOutMarginHeights = 2;
export const laidOutMarginHeightsMin = 1;
/** A line of what was never seen, and its letters: what is seen corrects the first. */
export const laidOutHeightPxGuess = 28;
export const laidOutLettersInLine = 70;
/** So near to the edge of the page something that is dragged moves the page; so many pixels a frame at the most. */
export const edgeScrollPx = 56;
export const edgeScrollSpeedMax = 22;
