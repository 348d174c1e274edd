/** Which dropped files Deckle imports, by name: what they are is decided by what they hold. */
export const isMarkdownName = (name: string): boolean => /\.(?:md|markdown|mdown|mkd|txt)$/i.test(name);
