/**
 * The simulation's time: one queue of events, in one thread. An event runs in the name of a *life*, a process of a
 * machine from its start to its death; what a life has under way dies with it. Whatever an event causes by promises has
 * happened before the next one runs, so nothing depends on how quick the machine is that simulates.
 */
import { Random } from "../../renderer/document/random.ts";

/** A computer. Its wall clock may be wrong; what counts time for timers is not. */
export class Machine {
  readonly name: string;
  clockAheadMs = 0;
  constructor(name: string) {
    this.name = name;
  }
}

export class Life {
  readonly machine: Machine;
  readonly name: string;
  isAlive = true;
  /** What it has made of the time of day that its machine tells. */
  dateNow: (() => number) | null = null;
  constructor(machine: Machine, name: string) {
    this.machine = machine;
    this.name = name;
  }
}

export interface Timeout {
  cancel(): void;
}

class Event implements Timeout {
  readonly atMs: number;
  readonly order: number;
  readonly life: Life;
  run: (() => void) | null;
  constructor(atMs: number, order: number, life: Life, run: () => void) {
    this.atMs = atMs;
    this.order = order;
    this.life = life;
    this.run = run;
  }
  cancel(): void {
    this.run = null;
  }
  // As Node's own timers have it.
  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }
  hasRef(): boolean {
    return true;
  }
}

const isBefore = (a: Event, b: Event): boolean => a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);

/** Kept from before the globals are replaced. */
const nodeImmediate = setImmediate;

/** How many events are asked for at once: Node polls the system between. */
const eventsPerRound = 64;

export class Loop {
  readonly random: Random;
  readonly world = new Life(new Machine("world"), "world");
  /** In whose name the present event runs. */
  life = this.world;
  nowMs = 1_000;
  events = 0;
  /** Something threw that nobody caught. */
  readonly thrown: unknown[] = [];
  #order = 0;
  #heap: Event[] = [];
  #hash = 0x811c9dc5;
  readonly isPrinted: boolean;

  constructor(seed: number, print = false) {
    this.random = new Random(seed);
    this.isPrinted = print;
  }

  /** What the life's machine takes for the time of day. */
  get wallMs(): number {
    return Date.UTC(2026, 0, 1) + this.nowMs + this.life.machine.clockAheadMs;
  }

  after(delayMs: number, run: () => void, life = this.life): Event {
    const event = new Event(this.nowMs + Math.max(0, delayMs), this.#order++, life, run);
    this.#push(event);
    return event;
  }

  /** As `after`, and never before what was said so earlier under the same name: FNV-1a of all of it is the trace. */
  note(line: string): void {
    if (this.isPrinted) process.stdout.write(`${(this.nowMs / 1000).toFixed(3).padStart(9)} ${line}\n`);
    let hash = this.#hash ^ Math.round(this.nowMs * 1000);
    for (let i = 0; i < line.length; i++) hash = Math.imul(hash ^ line.charCodeAt(i), 0x01000193);
    this.#hash = hash;
  }

  get trace(): string {
    return `${(this.#hash >>> 0).toString(16).padStart(8, "0")}-${this.events}`;
  }

  between(fromMs: number, toMs: number): number {
    return fromMs + this.random.next() * (toMs - fromMs);
  }

  /** Runs all that is due within this time. */
  run(forMs: number): Promise<void> {
    const untilMs = this.nowMs + forMs;
    return new Promise((resolve) => {
      let isDone = false;
      const round = (): void => {
        for (let i = 0; i < eventsPerRound; i++) nodeImmediate(step);
        nodeImmediate(() => (isDone ? resolve() : round()));
      };
      // After each of them Node has the promises' callbacks run.
      const step = (): void => {
        if (isDone) return;
        const next = this.#heap[0];
        if (!next || next.atMs > untilMs) {
          this.nowMs = untilMs;
          this.life = this.world;
          isDone = true;
          return;
        }
        this.#pop();
        const { run, life } = next;
        if (!run || !life.isAlive) return step();
        next.run = null;
        this.nowMs = Math.max(this.nowMs, next.atMs);
        this.life = life;
        this.events++;
        try {
          run();
        } catch (error) {
          this.thrown.push(error);
        }
      };
      round();
    });
  }

  /** Lets the promises' callbacks run, and no event. */
  settle(): Promise<void> {
    return new Promise((resolve) => void nodeImmediate(resolve));
  }

  #push(event: Event): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(event);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent] as Event;
      if (!isBefore(event, above)) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = event;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (!last || heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      const right = heap[child + 1];
      if (right && isBefore(right, heap[child] as Event)) child++;
      const below = heap[child] as Event;
      if (!isBefore(below, last)) break;
      heap[at] = below;
      at = child;
    }
    heap[at] = last;
  }
}
