/** The end-to-end tests: the built app in a real Electron, two files at a time, and what goes by the clock alone. */
import { join } from "node:path";
import { defineConfig, type TestProjectInlineConfiguration } from "vitest/config";
import { nodeFlags } from "../scripts/node-flags.ts";

/** What holds a duration against a bound. */
const timed = ["e2e/faults/kill-while-typing.e2e.ts", "e2e/faults/crash.e2e.ts"];

const common = {
  // What is waited for is a fact, not how long it takes: other files run meanwhile.
  expect: { poll: { timeout: 20_000 } },
  testTimeout: 120_000,
  hookTimeout: 120_000,
  execArgv: [...nodeFlags],
};
const root = join(import.meta.dirname, "..");
// Each file has windows, displays and relays of its own, and mostly waits: two at a time fill two cores.
const sideBySide: TestProjectInlineConfiguration = {
  root,
  test: {
    ...common,
    name: "side by side",
    include: ["e2e/**/*.e2e.ts"],
    exclude: timed,
    maxWorkers: 2,
    sequence: { groupOrder: 1 },
  },
};
const alone: TestProjectInlineConfiguration = {
  root,
  test: { ...common, name: "alone", include: timed, maxWorkers: 1, sequence: { groupOrder: 2 } },
};

export default defineConfig({ root, test: { projects: [sideBySide, alone] } });
