/** What went wrong and has not been dismissed, and what is taking its time; newest last. */
import { noticesMax, progressAfterMs } from "../limits.ts";
import { Store } from "../store.ts";

export type NoticeAction = { label: string; run: () => void };
export type Notice = {
  id: number;
  message: string;
  kind: "problem" | "progress";
  /** What can be done about it. The notice goes when it is done. */
  action: NoticeAction | null;
};

export class NoticeBoard {
  readonly notices = new Store<readonly Notice[]>([]);
  #nextId = 1;

  /** Says it once: the same words are not stacked. */
  show(message: string, action: NoticeAction | null = null): void {
    const others = this.notices.get().filter((notice) => notice.message !== message);
    this.notices.set([...others, this.#notice(message, "problem", action)].slice(-noticesMax));
  }

  /** Says what is going on, if it goes on for long. @returns what to call when it is over */
  progress(message: string): () => void {
    const notice = this.#notice(message, "progress");
    const timer = setTimeout(() => this.notices.set([...this.notices.get(), notice]), progressAfterMs);
    return () => {
      clearTimeout(timer);
      this.dismiss(notice.id);
    };
  }

  #notice(message: string, kind: Notice["kind"], action: NoticeAction | null = null): Notice {
    return { id: this.#nextId++, message, kind, action };
  }

  dismiss(id: number): void {
    this.notices.set(this.notices.get().filter((notice) => notice.id !== id));
  }
}
