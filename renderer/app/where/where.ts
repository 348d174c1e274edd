/** Where the whole library is, asked of the engine while somebody looks: anew when something changes, not too often. */
import type { EngineConnection } from "../../editor/connection.ts";
import type { WhereEntry } from "../../engine/port.ts";
import { whereEveryMs } from "../limits.ts";
import { Store } from "../store.ts";

export type WhereState =
  | { state: "asking" }
  | { state: "unknown"; words: string }
  | { state: "known"; documents: readonly WhereEntry[] };

export class Where {
  readonly library = new Store<WhereState>({ state: "asking" });
  #connection: Pick<EngineConnection, "ask" | "subscribe">;
  #stop: (() => void) | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;
  /** Something changed since the last time that it was asked. */
  #isStale = false;

  constructor(connection: Pick<EngineConnection, "ask" | "subscribe">) {
    this.#connection = connection;
  }

  /** The panel opens. @returns what to call when it closes */
  watch(): () => void {
    this.#stop?.();
    this.library.set({ state: "asking" });
    const unsubscribe = this.#connection.subscribe(({ type }) => {
      if (type === "status" || type === "relay" || type === "library") this.#changed();
    });
    const stop = (): void => {
      unsubscribe();
      if (this.#timer !== null) clearTimeout(this.#timer);
      this.#timer = null;
      if (this.#stop === stop) this.#stop = null;
    };
    this.#stop = stop;
    this.#ask();
    return stop;
  }

  #changed(): void {
    this.#isStale = true;
    if (this.#timer === null) this.#ask();
  }

  #ask(): void {
    const asking = this.#stop;
    this.#isStale = false;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      if (this.#isStale) this.#ask();
    }, whereEveryMs);
    void this.#connection.ask({ type: "where" }).then((answer) => {
      if (this.#stop !== asking) return;
      if (answer.type === "where") this.library.set({ state: "known", documents: answer.documents });
      else if (answer.type === "failed") this.library.set({ state: "unknown", words: answer.message });
    });
  }
}
