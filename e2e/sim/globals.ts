/**
 * What the code under test takes from the world without asking: timers, the time of day, chance, sockets. All of it
 * is the loop's while a simulation runs, and Node's again afterwards.
 */
import nodeCrypto from "node:crypto";
import { generateAutomergeUrl } from "@automerge/automerge-repo/slim";
import type { Loop, Timeout } from "./loop.ts";

type Replaced = {
  readonly of: object;
  readonly name: string;
  readonly before: PropertyDescriptor | undefined;
};

/** Replaces them; the returned function puts them back. */
export function inSimulation(loop: Loop, socket: unknown): () => void {
  const replaced: Replaced[] = [];
  const replace = (of: object, name: string, value: unknown): void => {
    replaced.push({ of, name, before: Object.getOwnPropertyDescriptor(of, name) });
    Object.defineProperty(of, name, { value, configurable: true, writable: true, enumerable: true });
  };
  const clear = (timer: unknown): void => {
    if (typeof timer === "object" && timer !== null && "cancel" in timer) (timer as Timeout).cancel();
  };
  replace(globalThis, "setTimeout", (run: (...all: unknown[]) => void, delayMs?: number, ...all: unknown[]) =>
    loop.after(Math.max(1, Number(delayMs) || 0), () => run(...all)),
  );
  replace(globalThis, "setImmediate", (run: (...all: unknown[]) => void, ...all: unknown[]) =>
    loop.after(0, () => run(...all)),
  );
  replace(globalThis, "setInterval", (run: () => void, everyMs: number) => {
    let timer = loop.after(everyMs, tick);
    function tick(): void {
      timer = loop.after(everyMs, tick);
      run();
    }
    return { cancel: () => timer.cancel(), ref() {}, unref() {} };
  });
  for (const name of ["clearTimeout", "clearInterval", "clearImmediate"]) replace(globalThis, name, clear);

  const RealDate = Date;
  class SimulatedDate extends RealDate {
    constructor(...given: [] | [number | string]) {
      if (given.length === 0) super(loop.wallMs);
      else super(given[0]);
    }
    static override now(): number {
      return loop.life.dateNow?.() ?? Math.floor(loop.wallMs);
    }
  }
  replace(globalThis, "Date", SimulatedDate);
  replace(performance, "now", () => loop.nowMs);
  replace(Math, "random", () => loop.random.next());
  const fill = <T extends ArrayBufferView>(view: T): T => {
    const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
    for (let i = 0; i < bytes.length; i++) bytes[i] = loop.random.below(256);
    return view;
  };
  replace(globalThis.crypto, "getRandomValues", fill);
  replace(nodeCrypto, "randomFillSync", fill);
  replace(globalThis, "WebSocket", socket);
  alignIds(fill);

  return () => {
    for (const { of, name, before } of replaced.reverse()) {
      if (before) Object.defineProperty(of, name, before);
      else Reflect.deleteProperty(of, name);
    }
  };
}

/**
 * The package behind automerge-repo's ids draws 16 ids' bytes at once and keeps what is left for later: it is made to
 * draw anew, so that a seed gets the same whatever ran before it.
 */
function alignIds(fill: (view: Uint8Array) => Uint8Array): void {
  let drew = false;
  const seeded = nodeCrypto.randomFillSync;
  Object.defineProperty(nodeCrypto, "randomFillSync", {
    value: (view: Uint8Array) => {
      drew = true;
      return fill(view);
    },
    configurable: true,
    writable: true,
    enumerable: true,
  });
  while (!drew) generateAutomergeUrl();
  Object.defineProperty(nodeCrypto, "randomFillSync", {
    value: seeded,
    configurable: true,
    writable: true,
    enumerable: true,
  });
}
