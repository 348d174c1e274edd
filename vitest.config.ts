/** The unit and property tests, beside the code that they test. */
import { defineConfig } from "vitest/config";
import { nodeFlags } from "./scripts/node-flags.ts";

export default defineConfig({
  test: {
    include: ["{electron,relay,renderer,scripts,e2e}/**/*.test.{ts,tsx}"],
    // Property tests draw hundreds of cases on two shared cores.
    testTimeout: 30_000,
    // Half of the time is waiting for relays that are attacked; on two cores Vitest would take one file at a time.
    maxWorkers: 2,
    execArgv: [...nodeFlags],
    // Decisions about what is allowed: each branch of each has a test, or `npm test` fails.
    coverage: { include: ["electron/policy/*.ts"], thresholds: { 100: true }, reporter: ["text-summary"] },
  },
});
