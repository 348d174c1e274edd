/** Seeds that once broke a promise, and with what. What they do changes with the simulation: they are kept, not proofs. */
export const keptSeeds: readonly (readonly [seed: number, what: string])[] = [
  [2, "what the relay told of a document that was just being opened was dropped"],
  [26, "the background left the relay's room of a document that had been opened meanwhile"],
  [1003, "a title was shown as saved that the engine had not taken"],
  [1024, "nothing was sent of an open document after the clock was set back"],
  [1042, "a title was shown as saved that the engine had not taken"],
  [217622068, "another's letters in the title were sent again by a window after an engine's death"],
  [6, "a document that was made while the disk refused was in no list after a crash"],
  [581, "what the journal kept for a window that died with the engine was not taken up"],
  [780, "a page that was not blank any more stayed unlisted for others"],
  [1576, "a deletion was mapped over what others had written in its place, after an engine's death"],
  [1609, "what a window showed of another that died was not sent, as the journal had an older state of it"],
  [23, "an engine that began with an empty storage on a full disk never connected to its relay"],
  [29, "a library whose storage was lost began empty on a full disk, though the second copy had it"],
  [500000235, "what a window showed of another that died with the engine went from its screen"],
  [500000347, "another's letters in the title were sent again by a window after an engine's death"],
  [500000495, "another engine's document was shown as saved by what the engine before it had said"],
];
