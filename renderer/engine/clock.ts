/** Time as the engine sees it; tests bring their own. */

export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Milliseconds since the epoch. It may leap ahead and never goes back. */
  now(): number;
  after(ms: number, run: () => void): Timer;
}

/**
 * The wall clock as long as it goes ahead. One that is set back, by an hour or by years, would make whatever waits for
 * "so long since the last time" wait as much longer; then the time goes on from where it was.
 */
export function neverBack(wall: () => number, monotonic: () => number): () => number {
  let [time, at] = [wall(), monotonic()];
  return () => {
    const now = monotonic();
    time = Math.max(wall(), time + (now - at));
    at = now;
    return time;
  };
}

const timeoutMsMax = 2 ** 31 - 1;

/** A wait that a timer takes for what it is: Chromium keeps 32 bits of it, and far below zero becomes far above. */
export const waitOf = (ms: number): number => Math.max(0, Math.min(ms, timeoutMsMax));

export const systemClock: Clock = {
  now: neverBack(
    () => new Date().getTime(),
    () => performance.now(),
  ),
  after: (ms, run) => {
    const id = setTimeout(run, ms);
    return { cancel: () => clearTimeout(id) };
  },
};
