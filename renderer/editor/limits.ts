/** The editor's limits, each with its reason. */

/** An engine that is silent this long after it was sent steps is asked for the document afresh. */
export const confirmAfterMsMax = 10_000;
/** An engine that is silent this long after `open` is started again; loading a large document takes seconds. */
export const openAfterMsMax = 20_000;
/** The wait before the engine is started again, doubled at each failure. */
export const restartAfterMs = 500;
export const restartAfterMsMax = 30_000;
/** Confirmed steps kept until they are known to be on disk, against the death of the engine. */
export const undurableStepsMax = 4_000;
/** How many times in a row a document is asked for again because its steps do not fit. */
export const resyncsMax = 4;
/** An engine that took steps and has not said within this time whether they are saved is asked. */
export const statusAfterMsMax = 4_000;
/** What was typed before the right to write was taken reaches the document within this time. */
export const lastTypedMs = 50;
/** How many times that a composition may go on which was under way then. */
export const lastComposedRoundsMax = 200;
/** A title that came from elsewhere waits until the person has not typed in the field for this long. */
export const titleQuietMs = 500;
/** A deletion longer than this is not taken apart where somebody inserted into it meanwhile. */
export const splitDeletionMax = 20_000;
/** Rows and columns of a new table. */
export const tableSizeAtFirst = 3;
/** Pixels: a column without a width is no narrower, or its words would stand one below the other. */
export const cellWidthMin = 88;
/** An address of an image that is longer is not kept: it is the picture itself, as a data URL. */
export const imageSourceLengthMax = 2048;
