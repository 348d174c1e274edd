/** The engine's SharedWorker over the debugging port: code is run in it, and how long it is blocked is measured there. */
import { setTimeout as sleep } from "node:timers/promises";
import WebSocket from "ws";
import { z } from "zod";

const startsWithinMs = 60_000;
const lookEveryMs = 20;

const targets = z.array(z.object({ type: z.string(), webSocketDebuggerUrl: z.string().optional() }));
const answered = z.object({
  id: z.number(),
  error: z.object({ message: z.string() }).optional(),
  result: z
    .object({
      result: z.object({ value: z.unknown() }).optional(),
      exceptionDetails: z.object({ text: z.string() }).optional(),
    })
    .optional(),
});
type Answer = z.infer<typeof answered>;

export class EngineInspector {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, PromiseWithResolvers<Answer>>();
  #last = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on("message", (data: Buffer) => {
      const answer = answered.safeParse(JSON.parse(data.toString()));
      if (answer.success) this.#waiting.get(answer.data.id)?.resolve(answer.data);
    });
    socket.on("close", () => {
      for (const { reject } of this.#waiting.values()) reject(new Error("the engine is gone"));
    });
  }

  /** Waits for the engine to be there. */
  static async connect(port: number): Promise<EngineInspector> {
    const deadline = Date.now() + startsWithinMs;
    while (Date.now() < deadline) {
      const answer = await fetch(`http://127.0.0.1:${port}/json/list`);
      const engine = targets.parse(await answer.json()).find(({ type }) => type === "shared_worker");
      if (engine?.webSocketDebuggerUrl !== undefined) {
        const socket = new WebSocket(engine.webSocketDebuggerUrl);
        await new Promise<void>((resolve, reject) => {
          socket.once("open", () => resolve());
          socket.once("error", reject);
        });
        return new EngineInspector(socket);
      }
      await sleep(lookEveryMs);
    }
    throw new Error("the engine did not start");
  }

  /** From now on the longest time in which the engine did nothing else is kept. */
  async watchBlocks(): Promise<void> {
    await this.#run(`{
      const kept = (globalThis.benchBlocks ??= { longestMs: 0, timer: 0 });
      clearInterval(kept.timer);
      kept.longestMs = 0;
      let lastAt = performance.now();
      kept.timer = setInterval(() => {
        const now = performance.now();
        kept.longestMs = Math.max(kept.longestMs, now - lastAt);
        lastAt = now;
      }, 1);
    }`);
  }

  async longestBlockMs(): Promise<number> {
    return z.number().parse(await this.#run("globalThis.benchBlocks.longestMs"));
  }

  close(): void {
    this.#socket.close();
  }

  async #run(expression: string): Promise<unknown> {
    const id = ++this.#last;
    const waiting = Promise.withResolvers<Answer>();
    this.#waiting.set(id, waiting);
    const params = { expression, returnByValue: true, awaitPromise: true };
    this.#socket.send(JSON.stringify({ id, method: "Runtime.evaluate", params }));
    const { error, result } = await waiting.promise;
    this.#waiting.delete(id);
    if (error) throw new Error(error.message);
    if (result?.exceptionDetails) throw new Error(result.exceptionDetails.text);
    return result?.result?.value;
  }
}
