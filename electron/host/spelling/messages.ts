/** Between main and the thread that checks words. Both are ours: the types say all. */
export type ToThread =
  | { readonly type: "load"; readonly ask: number; readonly id: string; readonly folder: string }
  | { readonly type: "unload"; readonly ask: number; readonly id: string }
  | { readonly type: "check"; readonly ask: number; readonly words: readonly string[] }
  | { readonly type: "suggest"; readonly ask: number; readonly word: string };

/** Problems of `load`, misspelled words of `check`, suggestions of `suggest`. */
export type FromThread = { readonly ask: number; readonly words: readonly string[] };
