/**
 * Who brought the changes at recent positions, as stretches of one origin. It is asked so that nobody is sent what
 * they brought; where it is forgotten somebody is sent it again, which costs bytes and nothing else.
 */
import { originStretchesMax } from "../protocol/limits.ts";

/** Who brought a change; 0 is the log. */
export type Origin = number;

interface Stretch {
  readonly from: number;
  to: number;
  readonly origin: Origin;
}

export class Origins {
  /** Ascending, without overlaps. */
  #stretches: Stretch[] = [];

  get byteLength(): number {
    return 60 * this.#stretches.length;
  }

  /** `position` is above all that were added. */
  add(position: number, origin: Origin): void {
    if (origin === 0) return;
    const last = this.#stretches.at(-1);
    if (last?.to === position && last.origin === origin) {
      last.to++;
      return;
    }
    if (this.#stretches.length >= originStretchesMax)
      this.#stretches = this.#stretches.slice(originStretchesMax >> 1);
    this.#stretches.push({ from: position, to: position + 1, origin });
  }

  at(position: number): Origin {
    const stretches = this.#stretches;
    let [low, high] = [0, stretches.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((stretches[middle]?.to ?? 0) <= position) low = middle + 1;
      else high = middle;
    }
    const found = stretches[low];
    return found && found.from <= position ? found.origin : 0;
  }
}
