/** Who waits for which blob: pictures that are shown as soon as main says that theirs has come. */
export class BlobArrivals {
  readonly #waiting = new Map<string, Set<() => void>>();

  /** @returns what to call when it is waited for no longer */
  wait(sha256: string, arrived: () => void): () => void {
    const all = this.#waiting.get(sha256) ?? new Set();
    this.#waiting.set(sha256, all.add(arrived));
    return () => {
      all.delete(arrived);
      if (all.size === 0 && this.#waiting.get(sha256) === all) this.#waiting.delete(sha256);
    };
  }

  arrived(sha256: string): void {
    for (const arrived of this.#waiting.get(sha256) ?? []) arrived();
  }
}
