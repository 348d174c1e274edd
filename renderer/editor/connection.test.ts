import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { FromEngine, FromWindow } from "../engine/port.ts";
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

const ports: FakePort[] = [];
let connection: EngineConnection;

const latest = (): FakePort => {
  const port = ports.at(-1);
  if (!port) throw new Error("no worker was started");
  return port;
};

beforeEach(() => {
  vi.useFakeTimers();
  ports.length = 0;
  connection = new EngineConnection(async () => {
    const port = new FakePort();
    ports.push(port);
    return { port: port as unknown as MessagePort, onError: (listener) => void (port.fail = listener) };
  });
});
afterEach(() => {
  connection.stop();
  if (vi.getTimerCount() > 0) throw new Error("a timer was left running");
  vi.useRealTimers();
});

describe("the connection to the engine", () => {
  it("keeps what is said before the worker stands, in order", async () => {
    connection.send({ type: "open", document: "a", clientId: "c", rendering: null });
    void connection.ask({ type: "flush" });
    await vi.advanceTimersByTimeAsync(0);
    expect(latest().sent).toEqual([
      { type: "open", document: "a", clientId: "c", rendering: null },
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
