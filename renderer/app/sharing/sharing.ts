/**
 * Who is in the workspace, asked of the relay when the panel opens and after each change. Nothing of it is kept: only
 * the relay knows.
 */
import type { Bridge, Failure, People } from "../../../electron/ipc.ts";
import { Store } from "../store.ts";
import { unknownWords } from "./sharing-words.ts";

export type Change = Parameters<Bridge["manage"]>[1];

export type PeopleState =
  | { state: "asking" }
  | { state: "unknown"; words: string }
  | { state: "known"; people: People; askedMs: number };

export class Sharing {
  readonly list = new Store<PeopleState>({ state: "asking" });
  /** In words, why the last change was not made; null where it was. */
  readonly problem = new Store<string | null>(null);
  readonly isBusy = new Store(false);
  #bridge: Pick<Bridge, "people" | "invite" | "manage">;
  /** The id of the workspace that this window shows. */
  #workspace: () => string;
  #now: () => number;

  constructor(
    bridge: Pick<Bridge, "people" | "invite" | "manage">,
    workspace: () => string,
    now: () => number,
  ) {
    this.#bridge = bridge;
    this.#workspace = workspace;
    this.#now = now;
  }

  /** The panel opens. */
  start(): Promise<void> {
    this.list.set({ state: "asking" });
    this.problem.set(null);
    return this.ask();
  }

  async ask(): Promise<void> {
    const answer = await this.#bridge.people(this.#workspace());
    this.list.set(
      answer.ok
        ? { state: "known", people: answer.people, askedMs: this.#now() }
        : { state: "unknown", words: unknownWords(answer) },
    );
  }

  async change(change: Change): Promise<void> {
    await this.#doing(() => this.#bridge.manage(this.#workspace(), change));
  }

  /** @returns the link of the invite, null where there is none */
  async invite(wanted: Parameters<Bridge["invite"]>[1]): Promise<string | null> {
    const answer = await this.#doing(() => this.#bridge.invite(this.#workspace(), wanted));
    return answer.ok ? answer.link : null;
  }

  async #doing<Answer extends { ok: true } | Failure>(call: () => Promise<Answer>): Promise<Answer> {
    this.isBusy.set(true);
    this.problem.set(null);
    const answer = await call();
    if (answer.ok) await this.ask();
    else this.problem.set(answer.message);
    this.isBusy.set(false);
    return answer;
  }
}
