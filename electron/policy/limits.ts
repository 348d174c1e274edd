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
/**
 * How long a closing window may say nothing before it is closed anyway. Longer than the window itself
 * waits for its engine (twice `settleMsMax`), after which it asks to be kept open.
 */
export const closeWaitMs = 25_000;
