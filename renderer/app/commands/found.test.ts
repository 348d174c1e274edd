import { expect, test } from "vitest";
import { commandIds } from "../../../electron/commands/table.ts";
import { foundCommands } from "./found.ts";
import { score } from "./matching.ts";

const first = (typed: string): string | undefined => foundCommands(typed, commandIds)[0];

test.each([
  ["bold", "strong"],
  ["head 2", "heading-2"],
  ["h2", "heading-2"],
  ["hd3", "heading-3"],
  ["todo", "task-list"],
  ["dl row", "delete-row"],
  ["wimt", "where"],
  ["latex", "math"],
  ["ÜNDO", "undo"],
])("%s finds %s first", (typed, id) => {
  expect(first(typed)).toBe(id);
});

test("what is in no name is not found, and nothing typed finds all in their order", () => {
  expect(foundCommands("qqq", commandIds)).toEqual([]);
  expect(foundCommands(" ", commandIds)).toEqual(commandIds);
});

test("the beginning of a word counts more than its middle", () => {
  expect(score("row", "Delete row")).toBeGreaterThan(score("row", "Narrow") ?? 0);
});
