/**
 * Which (actor, seq) pairs are taken. An actor counts up from 1, so its numbers are one stretch that takes no memory
 * by itself; numbers that somebody made up and that lie apart are kept one by one.
 */
class Numbers {
  #from: number;
  #to: number;
  #apart: Set<number> | undefined;

  constructor(first: number) {
    this.#from = first;
    this.#to = first + 1;
  }

  get isEmpty(): boolean {
    return this.#from === this.#to && this.apart === 0;
  }
  get apart(): number {
    return this.#apart?.size ?? 0;
  }

  has(seq: number): boolean {
    return (seq >= this.#from && seq < this.#to) || this.#apart?.has(seq) === true;
  }

  add(seq: number): void {
    if (seq === this.#to) {
      do this.#to++;
      while (this.#apart?.delete(this.#to) === true);
    } else if (!this.has(seq)) (this.#apart ??= new Set()).add(seq);
  }

  delete(seq: number): void {
    if (seq < this.#from || seq >= this.#to) {
      this.#apart?.delete(seq);
      return;
    }
    for (let above = seq + 1; above < this.#to; above++) (this.#apart ??= new Set()).add(above);
    this.#to = seq;
  }
}

export class Sequences {
  readonly #byActor = new Map<string, Numbers>();
  #apart = 0;

  /** About. */
  get byteLength(): number {
    return 250 * this.#byActor.size + 40 * this.#apart;
  }

  has(actor: string, seq: number): boolean {
    return this.#byActor.get(actor)?.has(seq) === true;
  }

  add(actor: string, seq: number): void {
    const numbers = this.#byActor.get(actor);
    if (!numbers) {
      this.#byActor.set(actor, new Numbers(seq));
      return;
    }
    this.#apart -= numbers.apart;
    numbers.add(seq);
    this.#apart += numbers.apart;
  }

  delete(actor: string, seq: number): void {
    const numbers = this.#byActor.get(actor);
    if (!numbers) return;
    this.#apart -= numbers.apart;
    numbers.delete(seq);
    this.#apart += numbers.apart;
    if (numbers.isEmpty) this.#byActor.delete(actor);
  }
}
