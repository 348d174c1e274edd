/** What went wrong and has not been dismissed yet, newest last. */
import { noticesMax } from "../limits.ts";
import { Store } from "../store.ts";

export type Notice = { id: number; message: string };

export class NoticeBoard {
  readonly notices = new Store<readonly Notice[]>([]);
  #nextId = 1;

  /** Says it once: the same words are not stacked. */
  show(message: string): void {
    const others = this.notices.get().filter((notice) => notice.message !== message);
    this.notices.set([...others, { id: this.#nextId++, message }].slice(-noticesMax));
  }

  dismiss(id: number): void {
    this.notices.set(this.notices.get().filter((notice) => notice.id !== id));
  }
}
