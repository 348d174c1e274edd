/** The end-to-end tests: the built app in a real Electron, one file after another. */
import { join } from "node:path";
import { defineConfig } from "vitest/config";

export default defineConfig({
  root: join(import.meta.dirname, ".."),
  test: {
    include: ["e2e/**/*.e2e.ts"],
    // Each file has windows and a relay of its own; side by side they would starve each other.
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
