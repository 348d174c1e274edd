#!/usr/bin/env node
/**
 * The command `deckle-relay`. Out of a package it runs what was built; in a checkout the sources, on the project's
 * own Node, which is set up first where it is missing. Plain JavaScript: it starts on whatever Node there is.
 */
import { existsSync } from "node:fs";

const oldestNode = 22;

if (existsSync(new URL("cli.ts", import.meta.url))) {
  process.argv.splice(2, 0, "relay");
  await import("../scripts/setup.mjs");
} else if (Number(process.versions.node.split(".")[0]) < oldestNode) {
  // SQLite's package crashes on older ones, without a word.
  console.error(`deckle-relay needs Node ${oldestNode} or newer; this is ${process.version}.`);
  process.exitCode = 1;
} else {
  await import("../dist/relay/cli.js");
}
