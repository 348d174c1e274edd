/**
 * The window's end of the engine: opens the SharedWorker, sends, subscribes, asks, answers what the engine asks,
 * starts it anew.
 *
 * A SharedWorker does not say when it dies: only a script that fails to load gives an `error`. Its lock does, which
 * is free then; and whoever waits too long for an answer of one that lives calls `restart()`, which is harmless: the
 * new port reaches the same worker, and every document is opened again through it.
 */
import type { DocumentId, FromEngine, FromWindow, TicketAnswer } from "../engine/port.ts";
import { engineUrl, isEngineUrl } from "./engine-url.ts";
import type { EngineOptions } from "./engine-url.ts";
import { openAfterMsMax, restartAfterMs, restartAfterMsMax } from "./limits.ts";

/** `starting` until the first word of this worker; `silent` from a failure until the next word. */
export type EngineState =
  | { state: "starting" }
  | { state: "answering" }
  | { state: "silent"; reason: string };

type Unrequested<Message> = Message extends { request: number } ? Omit<Message, "request"> : never;
export type Question = Unrequested<FromWindow>;
export type Answer = Extract<
  FromEngine,
  { type: "created" | "failed" | "flushed" | "where" | "storage-checked" }
>;

/** What the engine asks a window for, because only main can do it. */
export type EngineAnswers = {
  ticket(): Promise<TicketAnswer>;
  /** Has the relay take a document's history by other authors. @returns null, or in words why it does not */
  importHistory(document: DocumentId): Promise<string | null>;
};
type EngineQuestion = Extract<FromEngine, { type: "ticket" | "import-history" }>;

/** What a connection needs of a worker: its port, and word of a script that did not load. */
export type Worker = { port: MessagePort; onError(listener: (reason: string) => void): void };

/**
 * Calls `ended` once nobody holds a lock any more. An engine holds one of its own for as long as it lives, whatever
 * becomes of it: no window has to wait for an answer that does not come. @returns what ends the watch
 */
export type Watch = (lock: string, ended: () => void) => () => void;

const watchLock: Watch = (lock, ended) => {
  const watch = new AbortController();
  navigator.locks
    .request(lock, { mode: "shared", signal: watch.signal }, () => {
      if (!watch.signal.aborted) ended();
    })
    .catch(() => {}); // it was ended
  return () => watch.abort();
};

export class EngineConnection {
  #worker: () => Promise<Worker>;
  #watch: Watch;
  #answers: EngineAnswers;
  #port: MessagePort | null = null;
  /** What was said before there was a port. */
  #early: FromWindow[] = [];
  #state: EngineState = { state: "starting" };
  #failures = 0;
  #restart: ReturnType<typeof setTimeout> | null = null;
  #firstWord: ReturnType<typeof setTimeout> | null = null;
  /** Ends the watch over the engine's life. */
  #unwatch: (() => void) | null = null;
  #stopped = false;
  /** The engine has said that it ends, for another to take its place. */
  #retiring = false;
  #nextRequest = 1;
  #waiting = new Map<number, (answer: Answer) => void>();
  #messageListeners = new Set<(message: FromEngine) => void>();
  #stateListeners = new Set<(state: EngineState) => void>();
  #restartListeners = new Set<() => void>();

  constructor(worker: () => Promise<Worker>, answers: EngineAnswers, watch: Watch = watchLock) {
    this.#worker = worker;
    this.#watch = watch;
    this.#answers = answers;
    void this.#connect();
  }

  get state(): EngineState {
    return this.#state;
  }

  send(message: FromWindow): void {
    if (this.#port && !this.#retiring) this.#port.postMessage(message);
    // Of a document that has to be opened again, only a question is worth keeping.
    else if (this.#state.state === "starting" || "request" in message) this.#early.push(message);
  }

  /** Asks and waits. An engine that is started anew meanwhile answers `failed`. */
  ask(question: Question): Promise<Answer> {
    const request = this.#nextRequest++;
    return new Promise((resolve) => {
      this.#waiting.set(request, resolve);
      this.send({ ...question, request } as FromWindow);
    });
  }

  subscribe(listener: (message: FromEngine) => void): () => void {
    this.#messageListeners.add(listener);
    return () => this.#messageListeners.delete(listener);
  }

  onState(listener: (state: EngineState) => void): () => void {
    this.#stateListeners.add(listener);
    return () => this.#stateListeners.delete(listener);
  }

  /** Called when a new worker (or a new port to the old one) stands: open everything again. */
  onRestart(listener: () => void): () => void {
    this.#restartListeners.add(listener);
    return () => this.#restartListeners.delete(listener);
  }

  restart(reason: string): void {
    if (this.#restart !== null) return;
    this.#setState({ state: "silent", reason });
    this.#disconnect();
    const waited = Math.min(restartAfterMs * 2 ** this.#failures++, restartAfterMsMax);
    this.#restart = setTimeout(() => {
      this.#restart = null;
      void this.#connect().then((connected) => {
        if (connected) for (const listener of this.#restartListeners) listener();
      });
    }, waited);
  }

  stop(): void {
    if (this.#restart !== null) clearTimeout(this.#restart);
    this.#restart = null;
    this.#stopped = true;
    this.#disconnect();
  }

  /** The engine that was retiring is gone: another is asked what this one was asked too late. Nobody needs to know. */
  #succeed(): void {
    const early = this.#early;
    this.#disconnect(early);
    this.#early = early;
    void this.#connect().then((connected) => {
      if (connected) for (const listener of this.#restartListeners) listener();
    });
  }

  async #connect(): Promise<boolean> {
    let worker: Worker;
    try {
      worker = await this.#worker();
    } catch (error) {
      this.restart(error instanceof Error ? error.message : String(error));
      return false;
    }
    const { port } = worker;
    if (this.#stopped) {
      port.close();
      return false;
    }
    this.#port = port;
    worker.onError((reason) => {
      if (this.#port === port) this.restart(reason);
    });
    port.onmessage = (event: MessageEvent<FromEngine>) => {
      if (this.#port === port) this.#receive(event.data);
    };
    port.start();
    for (const message of this.#early.splice(0)) this.send(message);
    this.#firstWord = setTimeout(() => this.restart("Deckle's engine does not answer."), openAfterMsMax);
    return true;
  }

  /** @param early what is still to be said, whose answers are waited for */
  #disconnect(early: readonly FromWindow[] = []): void {
    const port = this.#port;
    this.#port = null;
    this.#retiring = false;
    this.#unwatch?.();
    this.#unwatch = null;
    this.#clearFirstWord();
    if (port) {
      port.postMessage({ type: "bye" } satisfies FromWindow);
      port.onmessage = null;
      port.close();
    }
    const kept = new Set(early.map((message) => ("request" in message ? message.request : null)));
    const waiting = [...this.#waiting].filter(([request]) => !kept.has(request));
    this.#early = [];
    for (const [request] of waiting) this.#waiting.delete(request);
    for (const [request, resolve] of waiting)
      resolve({
        type: "failed",
        request,
        message: "Deckle's engine stopped before it answered. Please try again.",
      });
  }

  #clearFirstWord(): void {
    if (this.#firstWord !== null) clearTimeout(this.#firstWord);
    this.#firstWord = null;
  }

  #receive(message: FromEngine): void {
    this.#clearFirstWord();
    this.#failures = 0;
    if (this.#state.state !== "answering") this.#setState({ state: "answering" });
    if (message.type === "engine") {
      this.#unwatch?.();
      this.#unwatch = this.#watch(message.lock, () => {
        if (this.#retiring) this.#succeed();
        else this.restart("Deckle's engine has stopped.");
      });
      return;
    }
    if (message.type === "retiring") {
      this.#retiring = true;
      return;
    }
    if (message.type === "ticket" || message.type === "import-history") return void this.#answer(message);
    if ("request" in message) {
      const resolve = this.#waiting.get(message.request);
      this.#waiting.delete(message.request);
      resolve?.(message);
      return;
    }
    for (const listener of this.#messageListeners) listener(message);
  }

  /** An engine that was started anew meanwhile asks again itself: the answer is for the one that asked. */
  async #answer(question: EngineQuestion): Promise<void> {
    const port = this.#port;
    const { request } = question;
    const answer: FromWindow =
      question.type === "ticket"
        ? { type: "ticket", request, ticket: await this.#answers.ticket() }
        : {
            type: "history-imported",
            request,
            failure: await this.#answers.importHistory(question.document),
          };
    if (this.#port === port) port?.postMessage(answer);
  }

  #setState(state: EngineState): void {
    this.#state = state;
    for (const listener of this.#stateListeners) listener(state);
  }
}

/** The parts of Trusted Types that TypeScript's DOM library does not have yet. */
type TrustedTypes = {
  createPolicy(
    name: string,
    rules: { createScriptURL(url: string): string },
  ): { createScriptURL(url: string): string };
};

let policy: { createScriptURL(url: string): string } | null = null;

/** The one worker script a window may run; any other URL is refused before it is fetched. */
function trusted(url: string): string {
  const trustedTypes = (globalThis as { trustedTypes?: TrustedTypes }).trustedTypes;
  policy ??=
    trustedTypes?.createPolicy("app-workers", {
      createScriptURL: (asked) => {
        if (!isEngineUrl(asked)) throw new TypeError(`not a worker of Deckle's: ${asked}`);
        return asked;
      },
    }) ?? null;
  return policy ? policy.createScriptURL(url) : url;
}

export function startEngine(options: EngineOptions): Worker {
  const worker = new SharedWorker(trusted(engineUrl(options)), { type: "module", name: "deckle-engine" });
  return {
    port: worker.port,
    onError: (listener) => {
      worker.addEventListener("error", (event) => {
        const words = event instanceof ErrorEvent ? event.message : "";
        listener(words || "The engine's script could not be loaded.");
      });
    },
  };
}
