/** The door of a relay, on Node's clock, timers and cryptography. */
import { Door } from "../access/door.ts";
import { commentedBy, commentsOf } from "../store/documentId.ts";
import { nodeCrypto } from "./crypto.ts";

/** `origins` are those by which apps reach the relay. */
export const nodeDoor = (origins: ReadonlySet<string>): Door =>
  new Door({
    origins,
    crypto: nodeCrypto,
    nowMs: () => Date.now(),
    after: (delayMs, run) => void setTimeout(run, delayMs),
    commentedBy,
    commentsOf,
  });
