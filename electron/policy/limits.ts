/** Every bound that the main process keeps. Each is tested at the limit and one past it. */

/** A Markdown file to import. A novel is about 1 MB; this is far past any text written by hand. */
export const markdownBytesMax = 8 * 1024 * 1024;
/** Files named on one command line. */
export const importsMax = 100;
export const profileCharactersMax = 32;
export const relayUrlCharactersMax = 2048;
export const linkCharactersMax = 8192;
/** Workspaces on the list of one profile. */
export const joinedMax = 100;
/** Workspaces that were left and are still known by their relay; the oldest is forgotten first. */
export const leftMax = 100;
/** Of a workspace, as its relay says it: longer than any that can be given, for relays to come. */
export const workspaceNameCharsMax = 256;
/**
 * A settings file is a few hundred bytes, and some thousand for each workspace; something larger is not one.
 */
export const settingsBytesMax = 1024 * 1024;
/** A key file is a few hundred bytes. */
export const deviceKeyBytesMax = 16 * 1024;
/** Keys that could not be read and were set aside; another one is a question for the person. */
export const keysAsideMax = 100;
/** How long a relay may take to answer a call about access, to the last byte. */
export const accessCallMs = 15_000;
/** The longest answer: who is in a workspace of tens of thousands. */
export const accessAnswerBytesMax = 16 * 1024 * 1024;
/** Of the name that a document's file is offered under, without what follows the dot. */
export const exportNameCharsMax = 100;
/** The path of a folder: longer than any that a system takes. */
export const folderCharsMax = 32 * 1024;
/** Names of files that are tried before it is said that none is free: so many documents have the same title. */
export const sameNamesMax = 10_000;
/** The index of a readable copy: some hundred bytes for each of more documents than anybody has. */
export const mirrorIndexBytesMax = 64 * 1024 * 1024;
/** A document of as many characters as an export may have, as JSON. */
export const mirroredBytesMax = 256 * 1024 * 1024;
/** It is written so long after a document was, with those that came meanwhile: it is as long as the library. */
export const mirrorIndexAfterMs = 1_000;
/**
 * How long a closing window may say nothing before it is closed anyway. Longer than the window itself
 * waits for its engine (twice `settleMsMax`), after which it asks to be kept open.
 */
export const closeWaitMs = 25_000;
/** Documents whose chunks main knows by heart; others are read anew when something is asked of them. */
export const keptIndexesMax = 256;
/** Documents that main reads or writes at once: each takes a file, and perhaps all of it into memory. */
export const keptAtOnceMax = 16;
/** One chunk of a document: a snapshot of the largest that opens at all. */
export const keptChunkBytesMax = 256 * 1024 * 1024;
/** The engine's own JSON: the ledger and the library of ten thousands of documents. */
export const keptValueBytesMax = 64 * 1024 * 1024;
/** Lists of names, of some ten thousand chunks. */
export const keptNamesBytesMax = 8 * 1024 * 1024;
/** A page whose process died is loaded again so many times… */
export const crashReloadsMax = 3;
/** …within this; a page that dies more often dies of what it shows, or of the machine. */
export const crashReloadsWithinMs = 60_000;
/** Backups that stay: the newest of so many hours, days and months, and no more bytes, for they are many copies. */
export const backupLimits = { hours: 24, days: 30, months: 12, bytesMax: 2 * 1024 ** 3 };
/** The first of a start leaves the app time to open; then it is looked so often whether one is due. */
export const backupFirstAfterMs = 5 * 60_000;
export const backupEveryMs = 60 * 60_000;
/** What one upload request of a blob brings at first, and at least; how fast that went says how long the next is. */
export const blobPieceBytesFirst = 256 * 1024;
export const blobPieceBytesMin = 16 * 1024;
/** A piece that took longer than this is followed by a shorter one: the relay cuts requests off after 10 s. */
export const blobPieceMsWanted = 3_000;
/** How long a request about a blob may be without a byte, and a piece of an upload in all. */
export const blobSilenceMs = 30_000;
/** Waits after a transfer that failed, and for a blob that the relay does not have: full jitter below what doubles. */
export const blobAgainMsFirst = 1_000;
export const blobAgainMsMax = 60_000;
export const blobMissingMsMax = 5 * 60_000;
/** What a relay has is asked anew after this: it may have been restored from an older backup. */
export const blobKnownMs = 7 * 24 * 3_600_000;
/** A blob that no document names is kept for so long all the same: it may have been pasted and not yet be named. */
export const blobUnnamedMs = 30 * 24 * 3_600_000;
/** Nobody waits for room to become free: it is looked once a day, and not while the app starts. */
export const garbageFirstAfterMs = 10 * 60_000;
export const garbageEveryMs = 24 * 3_600_000;
/** Of one document, in a file: about 100 bytes for each blob and place. */
export const blobNamesBytesMax = 64 * 1024 * 1024;
/** Bytes that say what a file is. An SVG may begin with a comment. */
export const blobHeadBytes = 4 * 1024;
/** A backup whose list of contents is damaged, and what it may have named, is left for a person for so long. */
export const damagedBackupMs = 30 * 24 * 3_600_000;
/** Of a Hunspell dictionary: the largest known ones have 5 MB of words and 0.5 MB of rules. */
export const dictionaryBytesMax = 16 * 1024 * 1024;
export const affixBytesMax = 4 * 1024 * 1024;
/** Dictionaries in the folder of a profile that are looked at. */
export const dictionariesMax = 50;
/** Memory of the thread that checks words: a dictionary that needs more is not used. */
export const spellingMemoryMb = 768;
/** How long a dictionary may take to be read: tens of thousands of rules can take for ever. */
export const dictionaryLoadMs = 20_000;
/** How long words may take to be checked; those that take longer are not marked. */
export const spellingCheckMs = 5_000;
/** A menu does not wait longer for suggestions. */
export const spellingSuggestMs = 300;
export const spellingSuggestionsMax = 6;
export const spelledWordCharsMax = 64;
/** A person's own words, and of their file. */
export const ownWordsMax = 20_000;
export const ownWordsBytesMax = 4 * 1024 * 1024;
/** Words ignored in a session. */
export const ignoredWordsMax = 10_000;
/** A context menu does not wait longer for the page to say which word it is for. */
export const menuWordMs = 150;
