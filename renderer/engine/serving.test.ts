import { expect, test } from "vitest";
import type { FromEngine, FromWindow } from "./port.ts";
import { serve } from "./serving.ts";

/** An engine that notes what it is told, and both ends of a channel to it. */
function between() {
  const heard: FromWindow[] = [];
  const { promise: started, resolve } = Promise.withResolvers<{
    connect: (send: (message: FromEngine) => void) => (message: FromWindow) => void;
  }>();
  const connect = (send: (message: FromEngine) => void) => {
    send({ type: "engine", lock: "lock" });
    return (message: FromWindow): void => void heard.push(message);
  };
  const { port1: near, port2: far } = new MessageChannel();
  const served = serve(far, started);
  return { heard, near, far, served, start: () => resolve({ connect }) };
}

const create: FromWindow = { type: "create", request: 1, title: "" };

test("a window is heard from its first word on, though the engine is still starting", async () => {
  const { heard, near, far, served, start } = between();
  const first = Promise.withResolvers<FromEngine>();
  near.onmessage = ({ data }: MessageEvent<FromEngine>) => first.resolve(data);
  near.postMessage(create);
  await new Promise((resolve) => setTimeout(resolve, 5));
  start();
  await served;
  near.postMessage({ type: "flush", request: 2 });
  expect(await first.promise).toEqual({ type: "engine", lock: "lock" });
  await expect.poll(() => heard).toEqual([create, { type: "flush", request: 2 }]);
  near.close();
  far.close();
});

test("a window that ends while the engine starts lets go of what it asked for", async () => {
  const { heard, near, served, start } = between();
  near.postMessage(create);
  near.close();
  await new Promise((resolve) => setTimeout(resolve, 20));
  start();
  await served;
  expect(heard).toEqual([create, { type: "bye" }]);
});

test("what keeps the engine from starting is passed on", async () => {
  const { port2: far } = new MessageChannel();
  await expect(serve(far, Promise.reject(new Error("no memory")))).rejects.toThrow("no memory");
  far.close();
});
