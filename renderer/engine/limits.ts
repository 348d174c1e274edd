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

/** Waits between attempts to save after a failure. */
export const saveRetryFirstMs = 500;
export const saveRetryMostMs = 15_000;

/** automerge-repo's own save timer; ours runs first, this one is for documents without a session. */
export const repoSaveMs = 400;

export const titleUnitsMax = 1000;
/** The largest Markdown text that is imported, in UTF-16 units. */
export const markdownUnitsMax = 8 * 1024 * 1024;
