#!/usr/bin/env node
/**
 * The process of `deckle-relay COMMAND`: gives the command its words, environment and output, and ends with its status.
 *
 * Exit status: 0 after SIGTERM or SIGINT and for what was done, 1 if it could not be or something was found, 2 for a
 * command line or a configuration that must be changed.
 */
import { dispatch } from "./commands/dispatch.ts";
import { logFlushMs } from "./protocol/limits.ts";

// A reader that goes away ends nothing: what cannot be said is not said.
process.stdout.on("error", () => {});
process.stderr.on("error", () => {});
const code = await dispatch(process.argv.slice(2), {
  environment: process.env,
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
});
// Not by itself: a pipe may hold output still, and nothing that a library left open may keep the process. What was
// asked for is waited for; of what only tells, as long as a log gets.
process.stdout.write("", () => {
  process.stderr.write("", () => process.exit(code));
  setTimeout(() => process.exit(code), logFlushMs);
});
