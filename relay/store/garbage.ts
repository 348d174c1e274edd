/** Garbage collection on demand. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Of the thread that calls it; Node has no other way to ask for a collection than this flag. */
export function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  const gc: unknown = runInNewContext("gc");
  if (typeof gc === "function") gc({ type: "major", execution: "sync", flavor: "regular" });
}
