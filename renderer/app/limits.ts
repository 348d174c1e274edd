/** The chrome's limits, each with its reason. */

/** How long closing waits for the engine to take and keep everything before it asks the person. */
export const settleMsMax = 10_000;
/** The status line changes at most this often, except to take a claim back. */
export const statusEveryMs = 100;
/** The largest dropped file that is read, as main reads those that are picked; a novel is about 1 MB. */
export const importBytesMax = 8 * 1024 * 1024;
/** Notices shown at once; older ones make room. */
export const noticesMax = 5;
/** What takes longer than this says so. */
export const progressAfterMs = 300;
/** A document that is longer as Markdown is not exported: main takes as much. */
export const exportCharsMax = 64 * 1024 * 1024;
/** As long as the relay takes the name of a person, a device or a workspace. */
export const nameCharsMax = 80;
/** How often the panel "Where is my text?" asks about the whole library: as quickly as a person reads. */
export const whereEveryMs = 1_000;
/** Documents that a list of what is not well shows; of more it says how many there are. */
export const troublesListedMax = 200;
/** Where the caret is, is remembered so long after it moved: less than a person notices, more than a key takes. */
export const caretRememberedAfterMs = 100;
/** A goal is no larger: Proust's novel has 1.3 million words. */
export const goalWordsMax = 10_000_000;
/** Goals of documents that are kept; of more, those that were set last. */
export const documentGoalsMax = 1_000;
/** Days whose words are kept: a clock that was set wrong is mended within that. */
export const daysKeptMax = 8;
/** Whether it is another day is looked at as often as this: less than a person notices at midnight. */
export const dayLookMsMax = 60_000;
/** Silent reading of English (Brysbaert 2019, J. Memory and Language 109). */
export const readingWordsPerMinute = 238;
/** What is announced stays this long for a screen reader to come to. */
export const announcedMs = 10_000;
/** Letters typed in a list with no longer a pause between them are one beginning to look for. */
export const typeaheadMs = 700;
/** Words of which it is remembered how they are spelled; then all are asked anew. A long novel has 20,000. */
export const spellingAnswersMax = 50_000;
/** Words that are asked about at once: main takes no more. */
export const spellingWordsMax = 2_000;
