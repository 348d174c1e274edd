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

/** Heads in a sync message, and so of a document: one with more could not be synced by anybody. */
export const syncHeadsMax = 4_096;
/** What a filter claimed wrongly, one in a hundred: 260,000 changes have 2,600. */
export const syncNeedsMax = 16_384;
/** Automerge sends one. */
export const syncHavesMax = 2;
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
/** The same of all documents together. */
export const orphanBytesOfAllMax = 64 * 1024 * 1024;

/** What one outgoing sync message carries of a backlog; a single larger change goes alone. */
export const catchUpBytesMax = 1024 * 1024;
export const catchUpChangesMax = 20_000;
/** Rounds in which a peer reports the same heads although it was sent what it lacks, before it is let go. */
export const stalledRoundsMax = 8;
/** Messages to one peer on one document whose echo needs no receipt; of those that tell more heads, each gets one. */
export const toldMax = 16;
export const toldHeadsMax = 4;
/** Sync messages of one peer on one document that wait for a commit; later ones are folded into the last. */
export const waitingClaimsMax = 64;

/** What is asked of the store at once, beside commits: 20,000 documents that are opened must keep no edit waiting. */
export const storeCallsAtOnceMax = 16;

/** Changes of one message that are verified before others get a turn: a long history must not stall the rest. */
export const ingestSliceChangesMax = 250;
/** The same in bytes that are hashed, after inflating. */
export const ingestSliceBytesMax = 1024 * 1024;
/** A message with no more than this is taken in at once, if nothing in it is deflated: an edit, as a rule. */
export const ingestAtOnceBytesMax = 16 * 1024;
/** Work of many connections goes on for so long before everything else gets a turn. */
export const turnMs = 4;
/** Frames of one connection that wait to be worked off; above it nothing more is read from its socket. */
export const waitingBytesMax = 2 * frameBytesMax;
/** The same of all connections together. */
export const waitingBytesOfAllMax = 8 * frameBytesMax;
/** Changes that are compared with what a peer has before others get a turn. */
export const restartAtOnceChangesMax = 2_000;

/** How long the first change of a commit waits for company, where there was a commit within `groupCommitQuietMs`. */
export const groupCommitMs = 2;
export const groupCommitQuietMs = 10;
/** A commit that has gathered this much does not wait. */
export const groupCommitBytesMax = 4 * 1024 * 1024;

/** Documents a connection may wait for of which the relay holds nothing; the oldest wait is given up first. */
export const awaitedDocumentsPerConnectionMax = 512;
/** Documents of one connection that are being opened; above it nothing more is read from its socket. */
export const openingPerConnectionMax = 64;
/** Documents one connection may have open at once. */
export const documentsPerConnectionMax = 20_000;
/** Rooms that nobody is in, kept for the next to come. */
export const idleRoomsMax = 64;
/** And for so long. */
export const idleRoomMs = 30_000;
/** How often the relay looks whether it is quiet: so few frames in between, so often in a row. */
export const restLookMs = 5_000;
export const restFramesMax = 1_000;
export const restLooks = 2;
/** The heap must have grown by this since the last time for a collection to be worth its pause. */
export const restBytesMin = 8 * 1024 * 1024;

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
/** Who asks whether the relay is there is answered no more often than this: one answer is one to all that came before. */
export const aliveEveryMsMin = 1_000;
/** Nothing at all was heard for so long: half-open. */
export const silenceMs = 45_000;
export const connectionsMax = 10_000;
/** Closing is spread over this, so that not everybody comes back in the same instant. */
export const drainMs = 500;
/** A peer that does not answer the close gets no more time than this. */
export const closeGraceMs = 1_000;

/** From here on a peer that has nothing of a document is sent it whole, saved by Automerge, instead of its changes. */
export const documentFromBytes = 256 * 1024;
/** Where changes are longer than this on average they hold text rather than what is around it: no document is shorter. */
export const documentChangeBytesMax = 1024;
/** A saved document may be behind by this before it is made anew: the rest goes as changes. */
export const documentStaleBytesMax = 1024 * 1024;
/** Larger ones are sent as changes, which arrive piece by piece and need not start over after a cut. */
export const documentBytesMax = 16 * 1024 * 1024;
/** Saved documents that a room keeps at hand for who comes next. */
export const documentCachedBytesMax = 2 * 1024 * 1024;
/** Changes that a process is given to make a document of; it must be done within `documentDeadlineMs`. */
export const documentSourceBytesMax = 192 * 1024 * 1024;
/** A new document with so many changes is asked for whole: typed letter by letter, it is a hundredth of its changes. */
export const documentOfferedFromChanges = 2_000;
export const documentDeadlineMs = 60_000;
/** What the process may take of memory: a document of 10 kB can be one of 1 GB. */
export const documentProcessBytesMax = 1024 * 1024 * 1024;
export const documentProcessIdleMs = 15_000;
/** A saved document is kept at hand for so long after it was last asked for. */
export const documentCachedMs = 10_000;
/** Documents that wait for the process; more are refused, and go as changes. */
export const documentsWaitingMax = 64;
/** Documents that could not be read whole, and are asked for as changes next time. */
export const documentsRefusedMax = 1_000;

/** Chunks of the last commits that a document keeps for peers a little behind, and how long after the last of them. */
export const recentBytesMax = 64 * 1024;
export const recentMs = 250;
/** The last piece of a backlog is kept for so long, for the others who come back in the same moment. */
export const lastReadMs = 1_000;

/** Entries of the feed in one frame, three CBOR items each and one for the list around them. */
export const feedEntriesMax = 1_000;
/** How often those who listen to the feed are told what was committed. */
export const feedTickMs = 250;
/** Those entries are kept in memory, so that the log is not read for each tick. */
export const feedRecentMax = 4_096;
/** The same in bytes of heads: a document may have thousands. */
export const feedRecentBytesMax = 1024 * 1024;

/** Who waits for more than this is told how far it is. */
export const progressFromBytes = 256 * 1024;

/** Graphs of documents that nobody is in, kept for the next to come. */
export const idleRoomBytesMax = 32 * 1024 * 1024;
/** Presence in a document goes out once in so many ms for each 100 who listen, within the bounds below. */
export const presenceTickMsPer100 = 50;
export const presenceTickMsMin = 10;
export const presenceTickMsMax = 250;
/** Presence frames in one message to a client that takes several. */
export const presenceBatchMax = 500;

/** An event that is reported more often within a second is counted, not written. */
export const logLinesPerEventPerSecondMax = 20;
/** A stack is the longest text that belongs into a log line. */
export const logTextCharsMax = 4_000;
/** Lines that nobody reads wait in memory up to this; then they are dropped and counted. */
export const logWaitingBytesMax = 1024 * 1024;
/** Time that the last lines get at the end. */
export const logFlushMs = 500;

/** Sockets that are not WebSockets (yet): those of probes, scrapes, and whoever has not finished the handshake. */
export const httpSocketsMax = 2_048;
/** Handshakes that the system keeps for us: after a restart all clients come at once, and Node's 511 lose some. */
export const acceptBacklogMax = 4_096;
/** From the first byte of a request to its last, TLS handshake excluded; a slow sender of headers is cut here. */
export const httpRequestMs = 10_000;
export const tlsHandshakeMs = 10_000;
export const httpKeepAliveMs = 5_000;
/** How often Node looks for requests that are over their time; its own 30 s would make 10 s up to 40. */
export const httpCheckMs = 1_000;
export const httpRequestsPerSocketMax = 1_000;
export const httpHeaderBytesMax = 8 * 1024;
export const httpHeadersMax = 64;
export const httpUrlCharsMax = 1_024;
/** Different reasons that one metric tells apart; a label with endless values would be a leak. */
export const metricReasonsMax = 64;

/** A relay that has not answered its own machine by then is not well. */
export const healthProbeMs = 3_000;

/** Programs of the operator that talk to a running relay at once. */
export const controlSocketsMax = 8;
export const controlRequestBytesMax = 8 * 1024;
/** Time that a program has for its one line. The answer may take as long as it takes. */
export const controlRequestMs = 5_000;
/** The shortest bound that a system has for the path of a local socket is macOS' 104 bytes, its end included. */
export const controlPathBytesMax = 103;
/** A certificate that ends sooner than this is warned about. */
export const tlsExpiresSoonMs = 14 * 24 * 3_600 * 1_000;

/** A segment of the store: what is read, checked and lost at once. One larger change is a segment of its own. */
export const segmentBytesMax = 1024 * 1024;
/** From here on a segment is never merged again: each byte is rewritten a few times in its life, not for ever. */
export const segmentFullBytes = segmentBytesMax / 2;
/** So many segments of one size are merged into one: after 64 × 64 × 2 single changes of 100 bytes it is full. */
export const mergeFanIn = 64;
/** Segments that one merge takes. With `segmentBytesMax` it bounds how long a commit may have to wait for one. */
export const mergeSegmentsMax = 256;
/** A row of the store is document × this + ordinal. SQLite takes whole numbers of ours for integers below 2^51 only. */
export const ordinalsMax = 2 ** 28;
export const storedDocumentsMax = 2 ** 22;
/** Pages of 4 KiB in the write-ahead log, after which they are copied into the file as soon as nobody waits. */
export const walPagesMin = 2_000;
/** The same, at the cost of whoever commits. */
export const walPagesMax = 16_000;
/** What a large transaction leaves of the log's file is cut down to this. */
export const walKeptBytesMax = 64 * 1024 * 1024;
/** Pages that SQLite keeps in memory. The system's own cache is behind it. */
export const storeCacheBytes = 16 * 1024 * 1024;
/** A snapshot is written and read in such pieces, so that commits go on between them. */
export const snapshotPieceBytes = 256 * 1024;
/** What is kept of each damaged change, for whoever wants to look. */
export const damagedBytesMax = 64 * 1024;
/** A damaged file is not searched for damage in its structure more often than this: it means to read all of it. */
export const structureCheckMs = 60_000;
/** The note of how far the log had come is forced to disk this often; a killed process does not need it. */
export const markSyncMs = 1_000;
/** Lines of a report on damage; the others are counted. */
export const findingsMax = 1_000;
export const largestDocumentsMax = 10;

/** Slots that a search for a hash looks at; chosen prefixes cannot make it longer. */
export const hashProbesMax = 32;
/** Stretches of changes of one document of which it is remembered who brought them. */
export const originStretchesMax = 1_024;

/** Where the log could not be read after another node's commit, it is tried again after this. */
export const refreshAgainMs = 1_000;
/** What a chunk of an upload costs beside its bytes: a million small ones are more than they seem. */
export const chunkOverheadBytes = 128;
/** TCP segments that one unfinished frame may come in before its socket is read less often, and the longest pause. */
export const segmentsFreeMax = 256;
export const segmentPauseMsMax = 250;
/** Longer segments are no burden, and so many of the short ones make a pause of a millisecond. */
export const smallSegmentBytesMax = 16 * 1024;
export const segmentsPerPauseMs = 100;
/** A frame for many is not copied for each where it is longer than this. */
export const copiedFrameBytesMax = 16 * 1024;
/** A message is compared with the last one of its document up to this: an acknowledgement, as a rule. */
export const sameClaimBytesMax = 512;

/** Characters of a person's or a device's name. */
export const memberNameCharsMax = 80;
export const inviteLinkCharsMax = 4_096;
/** Characters of what is shown as the secret of an invite. */
export const inviteSecretCharsMax = 256;
/** How long a device may bring a history from elsewhere into one document. */
export const importMs = 24 * 3_600_000;
export const importsMax = 10_000;
/** Imports that are over and are taken away by one that is new. */
export const importsForgottenAtOnceMax = 100;
/** How long after a restore everybody may bring everybody's changes back. */
export const recoverMsMax = 7 * 24 * 3_600_000;
/** How long the invite of a first owner is good for. */
export const ownerInviteMs = 7 * 24 * 3_600_000;
export const workspacesMax = 100;
export const auditEntriesMax = 1_000;
/** What happens of itself, and not by a decision, is written down once in so long for each device and document. */
export const notedEveryMs = 60_000;
/** Documents that such entries of one device name in that time; of more it is only written that there are. */
export const notedDocumentsMax = 30;
/** Entries that are remembered so as not to be repeated, and that wait to be written; more are counted and lost. */
export const notedKeysMax = 20_000;
export const notedWaitingMax = 10_000;
export const notedWriteMs = 1_000;
/** In one transaction, which keeps commits waiting. */
export const notedAtOnceMax = 500;
/** Documents of which a session keeps in mind what it may do in them. */
export const sharesKnownMax = 1_000;
/** Of how many ids it is remembered whether they are of comments. */
export const commentsKnownMax = 20_000;
/** Sockets of one device; the oldest gives way. A member cannot take all the places that there are. */
export const connectionsPerDeviceMax = 32;
/** How long a device has to sign, and then to show its ticket. */
export const nonceMs = 60_000;
export const ticketMs = 30_000;
/** Two windows, each with a socket and a panel that is open. */
export const ticketsPerDeviceMax = 8;
/** Invites that are none, of one address and one part of all secrets: so many at once, and one more each so often. */
export const attemptBurst = 20;
export const attemptEveryMs = 2_000;
export const attemptPlacesMax = 100_000;
/** Of one workspace. Each invite can be one of few or of a whole class. */
export const invitesMax = 1_000;
/** Of those, of one member who is no owner: nobody can use up what is there for all. */
export const invitesPerMemberMax = 100;
export const inviteUsesMax = 1_000;
export const inviteMsMax = 90 * 24 * 3_600_000;
export const membersMax = 100_000;
export const devicesPerMemberMax = 50;
export const narrowingsMax = 100_000;
export const attemptsAgainMax = 5;
/** A call about access: a few names and hashes. */
export const httpBodyBytesMax = 16 * 1024;

/** An image or a file. A photograph is some MB; what is larger than this belongs on a disk that people share. */
export const blobBytesMax = 100 * 1024 * 1024;
/** What one request brings of a blob. A request has `httpRequestMs`, so a slow sender's pieces are shorter. */
export const blobPieceBytesMax = 4 * 1024 * 1024;
/** All blobs of one workspace, where the operator says nothing else. */
export const blobMegabytesDefault = 10 * 1024;
/** Blobs of one workspace that are only partly here, and how long they may be so. */
export const blobPartsMax = 256;
export const blobPartMs = 7 * 24 * 3_600_000;
export const blobSweepMs = 3_600_000;
/** Requests that bring a piece, or are sent a blob, at once. Each takes a buffer of 64 KiB. */
export const blobWritesMax = 64;
export const blobReadsMax = 256;
/** Of those, of one device. Apps bring one and are sent one at a time. */
export const blobRequestsPerDeviceMax = 8;
/** Whoever reads a blob and takes no byte for so long is cut, and asks for the rest. */
export const blobStuckMs = 30_000;
