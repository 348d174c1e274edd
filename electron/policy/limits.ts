/** Every bound that the main process keeps. Each is tested at the limit and one past it. */

/** A Markdown file to import. A novel is about 1 MB; this is far past any text written by hand. */
export const markdownBytesMax = 8 * 1024 * 1024;
/** Files named on one command line. */
export const importsMax = 100;
export const profileCharactersMax = 32;
export const relayUrlCharactersMax = 2048;
export const linkCharactersMax = 8192;
/** A settings file is a few hundred bytes; something larger is not one. */
export const settingsBytesMax = 64 * 1024;
/**
 * How long a closing window may say nothing before it is closed anyway. Longer than the window itself
 * waits for its engine (twice `settleMsMax`), after which it asks to be kept open.
 */
export const closeWaitMs = 25_000;
