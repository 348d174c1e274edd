/**
 * Gives memory back once a busy time is over. V8 collects by how much was made since the last time and not by the
 * clock: a relay that a thousand documents were opened on keeps their garbage for as long as it is quiet after that.
 *
 * A collection of everything stops the thread for some tens of ms, so it waits for quiet, and is made only where
 * there is much to get.
 */
import { restBytesMin, restFramesMax, restLooks } from "../protocol/limits.ts";

export interface RestSetting {
  /** WebSocket frames that have come in so far. */
  readonly framesIn: () => number;
  /** What the heap takes of memory, its garbage and free pages as well. */
  readonly heapBytes: () => number;
  /** Collects all garbage. */
  readonly collect: () => void;
}

export class Rest {
  readonly #setting: RestSetting;
  #framesIn = 0;
  #quietLooks = 0;
  /** What the heap took after the last time. */
  #keptBytes: number;

  constructor(setting: RestSetting) {
    this.#setting = setting;
    this.#keptBytes = setting.heapBytes();
  }

  /** To be called every `restLookMs`. */
  look(): void {
    const { framesIn, heapBytes, collect } = this.#setting;
    const frames = framesIn();
    this.#quietLooks = frames - this.#framesIn <= restFramesMax ? this.#quietLooks + 1 : 0;
    this.#framesIn = frames;
    if (this.#quietLooks < restLooks || heapBytes() < this.#keptBytes + restBytesMin) return;
    collect();
    this.#keptBytes = heapBytes();
    this.#quietLooks = 0;
  }
}
