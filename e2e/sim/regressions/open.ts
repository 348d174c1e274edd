/**
 * Of the first seeds, those in which a promise is broken still, and how: open bugs. Whoever mends one takes its seed out;
 * the test fails for any seed that is not here.
 */
export const openSeeds: readonly (readonly [seed: number, what: string])[] = [
  [797, "a title typed in a window that died, and then the engine with it, while the disk was full; another window showed it"],
];
