/**
 * What the engine asks of its windows: only they have a way to the main process. One window is asked, and each that
 * connects while the answer is still to come; the first answer counts.
 */
import type { Clock } from "./clock.ts";
import { ticketWithinMs } from "./limits.ts";
import type { DocumentId, FromEngine, FromWindow, TicketAnswer } from "./port.ts";

type Answer = Extract<FromWindow, { type: "ticket" | "history-imported" }>;
type Pending = { question: FromEngine; answered: (answer: Answer | null) => void };

const nobody = "Deckle's window did not answer. It is asked again soon.";

export class Questions {
  private readonly clock: Clock;
  private readonly tellOne: (message: FromEngine) => void;
  private readonly pending = new Map<number, Pending>();
  private next = 1;

  constructor(clock: Clock, tellOne: (message: FromEngine) => void) {
    this.clock = clock;
    this.tellOne = tellOne;
  }

  /** A ticket to connect with. It never rejects. */
  readonly ticket = async (): Promise<TicketAnswer> => {
    const answer = await this.ask((request) => ({ type: "ticket", request }));
    return answer?.type === "ticket" ? answer.ticket : { ok: false, code: "unreachable", reason: nobody };
  };

  /** Has the relay take a document's history by other authors. @returns null, or in words why not */
  async importHistory(document: DocumentId): Promise<string | null> {
    const answer = await this.ask((request) => ({ type: "import-history", request, document }));
    return answer?.type === "history-imported" ? answer.failure : nobody;
  }

  /** Nothing is being asked. */
  get isIdle(): boolean {
    return this.pending.size === 0;
  }

  receive(answer: Answer): void {
    this.pending.get(answer.request)?.answered(answer);
  }

  /** A window that has just come may be the first, or come in the place of one that was asked. */
  repeat(tell: (message: FromEngine) => void): void {
    for (const { question } of this.pending.values()) tell(question);
  }

  /** Null where nobody answered in time. */
  private ask(make: (request: number) => FromEngine): Promise<Answer | null> {
    const request = this.next++;
    return new Promise((resolve) => {
      const timer = this.clock.after(ticketWithinMs, () => answered(null));
      const answered = (answer: Answer | null): void => {
        timer.cancel();
        this.pending.delete(request);
        resolve(answer);
      };
      const question = make(request);
      this.pending.set(request, { question, answered });
      this.tellOne(question);
    });
  }
}
