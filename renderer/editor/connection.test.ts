import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { FromEngine, FromWindow, TicketAnswer } from "../engine/port.ts";
import { EngineConnection } from "./connection.ts";
import { openAfterMsMax, restartAfterMs, restartAfterMsMax } from "./limits.ts";

/** A worker's port whose other end is the test. */
class FakePort {
  onmessage: ((event: { data: FromEngine }) => void) | null = null;
  sent: FromWindow[] = [];
  fail: (reason: string) => void = () => {};
  postMessage(message: FromWindow): void {
    this.sent.push(message);
  }
  start(): void {}
  close(): void {}
  say(message: FromEngine): void {
    this.onmessage?.({ data: message });
  }
}

/** By lock, what to call when its engine is gone. */
const watched = new Map<string, () => void>();
const ports: FakePort[] = [];
const tickets: ((ticket: TicketAnswer) => void)[] = [];
let connection: EngineConnection;

const latest = (): FakePort => {
  const port = ports.at(-1);
  if (!port) throw new Error("no worker was started");
  return port;
};

beforeEach(() => {
  vi.useFakeTimers();
  ports.length = 0;
  watched.clear();
  tickets.length = 0;
  connection = new EngineConnection(
    async () => {
      const port = new FakePort();
      ports.push(port);
      return { port: port as unknown as MessagePort, onError: (listener) => void (port.fail = listener) };
    },
    {
      ticket: () => new Promise((resolve) => tickets.push(resolve)),
      importHistory: (document) => Promise.resolve(`${document} is not new there.`),
    },
    (lock, ended) => {
      watched.set(lock, ended);
      return () => void watched.delete(lock);
    },
  );
});
afterEach(() => {
  connection.stop();
  if (vi.getTimerCount() > 0) throw new Error("a timer was left running");
  vi.useRealTimers();
});

describe("the connection to the engine", () => {
  it("asks another engine when one retires, and nobody hears of it", async () => {
    await vi.advanceTimersByTimeAsync(0);
    const [states, restarted] = [vi.fn<() => void>(), vi.fn<() => void>()];
    latest().say({ type: "engine", lock: "one" });
    connection.onState(states);
    connection.onRestart(restarted);
    latest().say({ type: "retiring" });
    // What is asked too late is asked of the next; steps are sent again when their document is opened there.
    const asked = connection.ask({ type: "create", title: "late" });
    connection.send({ type: "close", document: "a" });
    expect(latest().sent).toEqual([]);
    expect(ports.length).toBe(1);
    watched.get("one")?.();
    await vi.advanceTimersByTimeAsync(0);
    expect(ports.length).toBe(2);
    expect(latest().sent).toEqual([{ type: "create", request: 1, title: "late" }]);
    expect(restarted).toHaveBeenCalledOnce();
    latest().say({ type: "engine", lock: "two" });
    latest().say({ type: "created", request: 1, document: "d" });
    expect(await asked).toEqual({ type: "created", request: 1, document: "d" });
    expect(states).not.toHaveBeenCalled();
    // And that one may die as any other.
    watched.get("two")?.();
    expect(connection.state.state).toBe("silent");
  });

  it("starts another as soon as the engine is gone, and watches only the one it has", async () => {
    await vi.advanceTimersByTimeAsync(0);
    latest().say({ type: "engine", lock: "one" });
    expect(connection.state.state).toBe("answering");
    watched.get("one")?.();
    expect(connection.state.state).toBe("silent");
    expect([...watched.keys()]).toEqual([]);
    await vi.advanceTimersByTimeAsync(restartAfterMs);
    expect(ports.length).toBe(2);
    latest().say({ type: "engine", lock: "two" });
    expect([...watched.keys()]).toEqual(["two"]);
    expect(connection.state.state).toBe("answering");
  });

  it("keeps what is said before the worker stands, in order", async () => {
    connection.send({
      type: "open",
      document: "a",
      clientId: "c",
      rendering: null,
      keeps: false,
      written: [],
    });
    void connection.ask({ type: "flush" });
    await vi.advanceTimersByTimeAsync(0);
    expect(latest().sent).toEqual([
      { type: "open", document: "a", clientId: "c", rendering: null, keeps: false, written: [] },
      { type: "flush", request: 1 },
    ]);
  });

  it("gives answers to whom they belong", async () => {
    await vi.advanceTimersByTimeAsync(0);
    const first = connection.ask({ type: "create", title: "" });
    const second = connection.ask({ type: "flush" });
    latest().say({ type: "flushed", request: 2 });
    latest().say({ type: "created", request: 1, document: "d" });
    expect(await first).toEqual({ type: "created", request: 1, document: "d" });
    expect(await second).toEqual({ type: "flushed", request: 2 });
  });

  it("starts the engine again, ever more slowly, and says so", async () => {
    await vi.advanceTimersByTimeAsync(0);
    const restarted = vi.fn<() => void>();
    connection.onRestart(restarted);
    const asked = connection.ask({ type: "flush" });
    latest().fail("no such file");
    expect(connection.state).toEqual({ state: "silent", reason: "no such file" });
    expect(await asked).toMatchObject({ type: "failed" });
    await vi.advanceTimersByTimeAsync(restartAfterMs);
    expect([ports.length, restarted.mock.calls.length]).toEqual([2, 1]);
    latest().fail("no such file");
    await vi.advanceTimersByTimeAsync(restartAfterMs);
    expect(ports.length).toBe(2);
    await vi.advanceTimersByTimeAsync(restartAfterMs);
    expect(ports.length).toBe(3);
    latest().say({ type: "library", entries: [] });
    expect(connection.state).toEqual({ state: "answering" });
  });

  it("does not wait for a silent engine for ever", async () => {
    await vi.advanceTimersByTimeAsync(openAfterMsMax + restartAfterMsMax);
    expect(ports.length).toBeGreaterThan(1);
  });

  it("answers what the engine asks, whatever number its own questions have reached", async () => {
    await vi.advanceTimersByTimeAsync(0);
    const asked = connection.ask({ type: "flush" });
    const heard = vi.fn<() => void>();
    connection.subscribe(heard);
    latest().say({ type: "ticket", request: 1 });
    latest().say({ type: "import-history", request: 2, document: "d" });
    tickets[0]?.({ ok: true, ticket: "t" });
    await vi.advanceTimersByTimeAsync(0);
    expect(latest().sent).toEqual([
      { type: "flush", request: 1 },
      { type: "history-imported", request: 2, failure: "d is not new there." },
      { type: "ticket", request: 1, ticket: { ok: true, ticket: "t" } },
    ]);
    latest().say({ type: "flushed", request: 1 });
    expect(await asked).toEqual({ type: "flushed", request: 1 });
    expect(heard).not.toHaveBeenCalled();
  });

  it("does not give another engine a ticket that it did not ask for", async () => {
    await vi.advanceTimersByTimeAsync(0);
    latest().say({ type: "ticket", request: 1 });
    connection.restart("test");
    await vi.advanceTimersByTimeAsync(restartAfterMs);
    tickets[0]?.({ ok: true, ticket: "t" });
    await vi.advanceTimersByTimeAsync(0);
    expect(ports.flatMap(({ sent }) => sent)).toEqual([{ type: "bye" }]);
  });

  it("does not hear a worker that it has given up", async () => {
    await vi.advanceTimersByTimeAsync(0);
    const heard = vi.fn<() => void>();
    connection.subscribe(heard);
    const old = latest();
    connection.restart("test");
    await vi.advanceTimersByTimeAsync(restartAfterMs);
    old.say({ type: "library", entries: [] });
    expect(heard).not.toHaveBeenCalled();
  });
});
