/** Every bound of the engine, in one place. */

/** Typing becomes one change this often when nobody else is on the document… */
export const coalesceAloneMs = 1000;
/** …and this often when somebody is: they see it sooner, the history has more changes. */
export const coalesceTogetherMs = 80;

/** How often an open document says that somebody is on it, and after how long silence means gone. */
export const hereEveryMs = 15_000;
export const hereExpiresMs = 40_000;

/** Remote changes that arrive within this are rendered once. */
export const followAfterMs = 20;

/** A document that takes at least this long to apply a message to is slow: its messages are gathered… */
export const applySlowMs = 8;
/** …for this many times as long as the last one took, so that applying takes at most a quarter of the time… */
export const gatherTimes = 3;
/** …but no longer than this: it is how late others' typing may be seen… */
export const gatherMostMs = 2000;
/** …and no more than this at once: what is so much is no typing but a document that is being fetched. */
export const gatherBytesMax = 256 * 1024;

/** Every so many remote batches the whole document is rendered afresh and compared with what is shown. */
export const checkEveryFollows = 50;

/** A cached rendering is written this long after the last change. */
export const renderingAfterMs = 2000;
/** …and at least this often while changes go on. */
export const renderingAtLeastEveryMs = 30_000;

/** Waits between attempts to reach the relay: full jitter below a bound that doubles. */
export const reconnectFirstMs = 250;
export const reconnectMostMs = 30_000;
/** A relay that answers nonsense is not asked more often than this. */
export const reconnectIncompatibleMs = 60_000;
/** A device that the relay does not let in asks no more often than this whether it may again. */
export const reconnectRefusedMs = 60_000;
/** How long a document that is not here may be expected from a relay that has not answered yet. */
export const adapterReadyMs = 1_000;
/** Something that accepts a socket and says nothing for so long is no relay. */
export const helloWithinMs = 10_000;
/** That wait is made of so many short ones; however late one of them ends, it counts for no more than it was. */
export const helloLooks = 10;
/** A relay that has answered before is waited for so many times as long: its network may have become slow. */
export const helloTimesOfMet = 3;
/** A relay of ours that has said nothing for so long is asked whether it is there… */
export const aliveAfterMs = 20_000;
/** …and has this long to answer, in short looks as with the hello, before the connection is given up. */
export const aliveWithinMs = 15_000;
export const aliveLooks = 15;
/** What is on its way, in the system's buffers or in one large frame, gives it more time: at so slow a line's rate… */
export const slowestLineBytesPerSecond = 32 * 1024;
/** …but no more than for this: the system buffers no more, and a document that comes whole is no longer. */
export const underWayBytesMax = 16 * 1024 * 1024;
/** A window that was asked for a ticket and does not answer within this has none. */
export const ticketWithinMs = 20_000;
/** The largest frame that is read from a relay. */
export const relayFrameBytesMax = 64 * 1024 * 1024;

/**
 * A text that comes in at once is written in changes of about so many UTF-16 units: a change is sent whole, and what is
 * sent in pieces is here in part, and need not begin anew, when the connection is lost.
 */
export const changeUnitsMax = 128 * 1024;

/** More than this in the socket and not yet sent is said; less is gone in a moment on any line… */
export const sendingFromBytes = 256 * 1024;
/** …and is looked at so often until there is none: as quickly as numbers can be read. */
export const sendingEveryMs = 250;
/** Documents of which the relay says how far it is, at once; of more it may say so in vain. */
export const receivingDocumentsMax = 1_000;
/** A document that is not on this device is said to be missing when the relay has not sent it within this. */
export const missingAfterMs = 500;

/** Documents that nobody has open and that are synced at once: each is in memory for that time. */
export const backgroundPullsMax = 8;
/** Entries of the relay's feed that wait to be dealt with; what comes after them is asked for again later. */
export const feedWaitingMax = 20_000;
/** What others write in documents that nobody has open here is fetched once it was quiet for so long… */
export const gatherDirtyQuietMs = 5_000;
/** …and at least this often. */
export const gatherDirtyMostMs = 30_000;
/** A document that is being synced and of which nothing more comes, though the feed told of more: it is asked for anew. */
export const pullQuietMs = 10_000;
/** A relay that has said nothing of a document for so long is not waited for: others want its turn. */
export const pullSilenceMs = 5 * 60_000;
/** How often that is asked anew before it counts as failed. */
export const pullBeginningsMax = 8;
/** How often a document is tried whose syncing failed, on one connection, and the wait before that. */
export const pullAttemptsMax = 3;
export const pullAgainMs = 15_000;
/** How far the feed was dealt with is noted no more often than this. */
export const feedNotedEveryMs = 2_000;

/** Memory beyond what the open documents need, above which an engine at rest makes room for another. */
export const memoryExcessBytesMax = 128 * 1024 * 1024;
/** At rest is where nothing happened between so many looks, so far apart. */
export const restLookMs = 20_000;
export const restLooksMin = 3;
/** One that has closed nothing does not make room for another sooner than this: it would have the same. */
export const retireAgainMs = 10 * 60_000;

/** Waits between attempts to save after a failure. */
export const saveRetryFirstMs = 500;
export const saveRetryMostMs = 15_000;

/** Edits that could not be written so often in a row are taken out, and their words put at the document's end. */
export const writeFailuresMax = 3;

/** Snapshots of one document that wait for a disk to take them: each is a whole document in memory. */
export const snapshotsWaitingMax = 8;

/** The same for the second copy, which nobody waits for. */
export const copyRetryFirstMs = 1_000;
export const copyRetryMostMs = 60_000;

/** What documents there are is noted beside the second copy at once when it changed, and not more often. */
export const rememberEveryMs = 1_000;

/** How long a start waits for what main knows of the library, and how often it asks where the browser knows nothing. */
export const recallWithinMs = 4_000;
export const recallAttemptsWhenEmpty = 3;
export const recallAgainMs = 500;

/** Steps that the engine took are in its journal within this: what a crash of everything may cost… */
export const journalEveryMs = 50;
/** …up to so many; a document that cannot be written for so long has other troubles, and its window holds them. */
export const journalStepsMax = 20_000;
/** How often a device says at most that it has all of a document. */
export const hasEveryMs = 1_000;
/** A document has few heads; a claim with more is not listened to. */
export const hasHeadsMax = 64;

/** automerge-repo's own save timer; ours runs first, this one is for documents without a session. */
export const repoSaveMs = 400;

export const titleUnitsMax = 1000;
/** The largest Markdown text that is imported, in UTF-16 units. */
export const markdownUnitsMax = 8 * 1024 * 1024;

/** A document is in the readable copy this long after its last change… */
export const mirrorAfterMs = 2_000;
/** …and at least this often while changes go on: "current within seconds". */
export const mirrorAtLeastEveryMs = 10_000;
/** How long the engine does something else between two documents that it reads for the copy. */
export const mirrorPauseMs = 20;
/** A folder that is gone, or full, is looked for again this often. */
export const mirrorRetryMs = 60_000;
