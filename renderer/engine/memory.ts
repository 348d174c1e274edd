/**
 * The engine's memory follows what is open, though WebAssembly's only ever grows: an engine at rest that has far more
 * than what is open needs ends, and windows start another, which has read everything anew by the time anybody types.
 *
 * What is open needs what the memory grew by when it was opened: too little where it fitted into what others had left,
 * so an engine that was just started, and knows better, does not end for as long as nothing was closed.
 */
import type { Clock, Timer } from "./clock.ts";
import { memoryExcessBytesMax, restLookMs, restLooksMin, retireAgainMs } from "./limits.ts";
import type { DocumentId } from "./port.ts";

/** Runs what starts Automerge. @returns how many bytes its memory has; it is not told by Automerge itself */
export async function watchMemory(initialize: () => Promise<unknown>): Promise<() => number> {
  const { instantiate, instantiateStreaming } = WebAssembly;
  let memory: WebAssembly.Memory | null = null;
  const seen = (result: WebAssembly.Instance | WebAssembly.WebAssemblyInstantiatedSource): void => {
    const { exports } = result instanceof WebAssembly.Instance ? result : result.instance;
    memory = Object.values(exports).find((each) => each instanceof WebAssembly.Memory) ?? memory;
  };
  const watched =
    <Words extends unknown[], Result extends Parameters<typeof seen>[0]>(
      run: (...words: Words) => Promise<Result>,
    ) =>
    async (...words: Words): Promise<Result> => {
      const result = await run(...words);
      seen(result);
      return result;
    };
  WebAssembly.instantiate = watched(instantiate.bind(WebAssembly)) as typeof instantiate;
  WebAssembly.instantiateStreaming = watched(instantiateStreaming.bind(WebAssembly));
  try {
    await initialize();
  } finally {
    WebAssembly.instantiate = instantiate;
    WebAssembly.instantiateStreaming = instantiateStreaming;
  }
  return () => memory?.buffer.byteLength ?? 0;
}

export type MemoryParts = {
  clock: Clock;
  /** Of WebAssembly's memory. */
  bytes: () => number;
  /** Nothing is under way that an end would cut off. */
  isAtRest: () => boolean;
  /** Ends the engine, if everything is durable. */
  retire: () => Promise<void>;
};

export class Memory {
  private readonly parts: MemoryParts;
  private readonly freshBytes: number;
  private readonly startedAt: number;
  private readonly bytesByDocument = new Map<DocumentId, number>();
  private closed = 0;
  private isBusy = false;
  private looks = 0;
  private isStopped = false;
  private timer: Timer | null = null;

  constructor(parts: MemoryParts) {
    this.parts = parts;
    this.freshBytes = parts.bytes();
    this.startedAt = parts.clock.now();
    this.lookLater();
  }

  /** Opens a document, and keeps in mind what that took. */
  async opening<T>(document: DocumentId, open: () => Promise<T>): Promise<T> {
    const before = this.parts.bytes();
    const opened = await open();
    this.bytesByDocument.set(document, this.parts.bytes() - before);
    return opened;
  }

  closing(document: DocumentId): void {
    if (this.bytesByDocument.delete(document)) this.closed++;
  }

  /** Somebody types, or something comes in. */
  busy(): void {
    this.isBusy = true;
  }

  get isQuiet(): boolean {
    return !this.isBusy;
  }

  stop(): void {
    this.isStopped = true;
    this.timer?.cancel();
  }

  /** What it has beyond what it would have, started anew. */
  private get excessBytes(): number {
    let needed = this.freshBytes;
    for (const bytes of this.bytesByDocument.values()) needed += bytes;
    return this.parts.bytes() - needed;
  }

  private get mayRetire(): boolean {
    const ageMs = this.parts.clock.now() - this.startedAt;
    return this.excessBytes > memoryExcessBytesMax && (this.closed > 0 || ageMs >= retireAgainMs);
  }

  private lookLater(): void {
    if (this.isStopped) return;
    this.timer = this.parts.clock.after(restLookMs, () => void this.look());
  }

  /** In looks: a machine that slept was not at rest for that. */
  private async look(): Promise<void> {
    this.looks = this.isBusy || !this.parts.isAtRest() ? 0 : this.looks + 1;
    this.isBusy = false;
    try {
      if (this.looks >= restLooksMin && this.mayRetire) await this.parts.retire();
    } catch (error) {
      console.warn("the engine goes on: not everything could be saved", error);
    }
    this.lookLater();
  }
}
