/**
 * A wall clock that jumps, in all that Deckle runs: the page, the engine and main. Chromium's own clocks stay: timers
 * count on, as they do over a suspend of Linux, where the monotonic clock stands still.
 */
import type { RunningApp } from "../app.ts";
import { inEngine } from "./worker.ts";

const dayMs = 24 * 60 * 60 * 1000;

/** Whatever asks for the time from now on gets that of so many days later. */
const shiftClock = (byMs: number): string => `{
  const Real = (globalThis.deckleDate ??= Date);
  globalThis.Date = class extends Real {
    constructor(...given) { if (given.length === 0) super(new Real().getTime() + ${byMs}); else super(...given); }
    // The engine has one of its own, which asks what the system says.
    static now() { return /native code/.test(String(Real.now)) ? Real.now() + ${byMs} : Real.now(); }
  };
}`;

export async function jumpClock(app: RunningApp, days: number): Promise<void> {
  const code = shiftClock(days * dayMs);
  // By the debugger: the page's own policy lets nothing be evaluated.
  const session = await app.page.context().newCDPSession(app.page);
  await session.send("Runtime.evaluate", { expression: code });
  await session.detach();
  await app.app.evaluate(
    (_, given) => void process.getBuiltinModule("node:vm").runInThisContext(given),
    code,
  );
  const engines = await inEngine(app, code);
  if (engines.length !== 1) throw new Error(`there are ${engines.length} engines`);
}
