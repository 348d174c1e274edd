/**
 * Every bound of the wire and of the relay, named, with its unit last. A queue, cache, list or wait that has no
 * entry here has no bound, and that is a bug. Both ends import this file: the relay enforces, the client stays under.
 */

/** One WebSocket message. A stock client sends all the history that a relay lacks in one, so it must be generous. */
export const frameBytesMax = 32 * 1024 * 1024;
/** Before `join` was accepted there is no reason for more: a stock join is about 150 bytes. */
export const joinFrameBytesMax = 4 * 1024;
export const joinDeadlineMs = 10_000;
/** Nesting of arrays and maps in one frame; the deepest stock frame (`remote-heads-changed`) has 4. */
export const frameDepthMax = 8;
export const frameItemsMax = 4_096;
export const frameTextBytesMax = 4 * 1024;
export const peerIdCharsMax = 128;

/** Lists inside one Automerge sync message. */
export const syncHeadsMax = 4_096;
export const syncNeedsMax = 65_536;
export const syncHavesMax = 8;
export const syncChangesMax = 1_000_000;
export const bloomProbesMax = 16;
export const bloomBytesMax = 8 * 1024 * 1024;

/** A deflated change is inflated only to check its hash; what would grow past this is refused. */
export const changeInflatedBytesMax = 32 * 1024 * 1024;
/** All deflated changes of one frame together, so that many small bombs are no better than a big one. */
export const frameInflatedBytesMax = 64 * 1024 * 1024;
export const changeDepsMax = 4_096;
export const actorBytesMax = 128;

/** Changes that arrived before what they depend on, per document. */
export const orphansMax = 10_000;
export const orphanBytesMax = 16 * 1024 * 1024;

/** What one outgoing sync message carries of a backlog; a single larger change goes alone. */
export const catchUpBytesMax = 1024 * 1024;
export const catchUpChangesMax = 20_000;
/** Rounds in which a peer reports the same heads although it was sent what it lacks, before it is let go. */
export const stalledRoundsMax = 8;
/** Sync messages of one peer on one document that wait for a commit; later ones are folded into the last. */
export const waitingClaimsMax = 64;

/** Changes of one message that are verified before others get a turn: a long history must not stall the rest. */
export const ingestSliceChangesMax = 250;
/** Bytes of one peer on one document that may wait for their turn; above it they are worked off at once. */
export const ingestWaitingBytesMax = 2 * frameBytesMax;

/** How long the first change of a commit waits for company, where there was a commit within `groupCommitQuietMs`. */
export const groupCommitMs = 2;
export const groupCommitQuietMs = 10;
/** A commit that has gathered this much does not wait. */
export const groupCommitBytesMax = 4 * 1024 * 1024;

/** Documents a connection may wait for of which the relay holds nothing; the oldest wait is given up first. */
export const awaitedDocumentsPerConnectionMax = 512;
/** Documents one connection may have open at once. */
export const documentsPerConnectionMax = 20_000;
/** Rooms that nobody is in, kept for the next to come. */
export const idleRoomsMax = 64;

export const ephemeralBytesMax = 64 * 1024;
/** Presence of one connection: a steady rate and a burst; above it only the latest of a document waits for its turn. */
export const ephemeralPerSecondMax = 30;
export const ephemeralBurstMax = 60;
export const ephemeralWaitingMax = 64;
/** Presence is dropped, not queued, for a socket with more than this unsent. */
export const ephemeralOutboundBytesMax = 64 * 1024;

/** Above this a connection gets no further backlog until its socket drains. */
export const outboundPauseBytes = 1024 * 1024;
/** Above this it is closed: it asks without reading the answers. */
export const outboundBytesMax = 64 * 1024 * 1024;
/** A socket whose unsent bytes did not shrink for so long is closed. */
export const outboundStuckMs = 30_000;

export const pingMs = 15_000;
/** Nothing at all was heard for so long: half-open. */
export const silenceMs = 45_000;
export const connectionsMax = 10_000;
/** Closing is spread over this, so that not everybody comes back in the same instant. */
export const drainMs = 500;
/** A peer that does not answer the close gets no more time than this. */
export const closeGraceMs = 1_000;
