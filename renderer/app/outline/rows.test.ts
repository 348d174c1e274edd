import { describe, expect, test } from "vitest";
import type { Heading } from "../../editor/headings.ts";
import { OutlineStore } from "./outline-store.ts";
import { rowBeginning, rowsOf, treeMove } from "./rows.ts";

const headings = (...levels: number[]): Heading[] =>
  levels.map((level, key) => ({ key, level, text: `${"ABCDEFGH"[key]} heading` }));
const rows = (levels: readonly number[], ...closed: number[]) => rowsOf(headings(...levels), new Set(closed));
const depths = (...levels: number[]): number[] => rows(levels).map(({ depth }) => depth);
const keys = (levels: readonly number[], ...closed: number[]): number[] =>
  rows(levels, ...closed).map(({ heading }) => heading.key);

describe("rows", () => {
  test("lie in the nearest one before them that is of a higher rank", () => {
    expect(depths()).toEqual([]);
    expect(depths(1, 2, 3, 2, 1)).toEqual([1, 2, 3, 2, 1]);
    // Ranks that are left out, and a document that does not begin with the highest.
    expect(depths(1, 3, 2)).toEqual([1, 2, 2]);
    expect(depths(3, 2, 1, 6)).toEqual([1, 1, 1, 2]);
    expect(rows([1, 2, 3, 2, 1]).map(({ parent }) => parent)).toEqual([-1, 0, 1, 0, -1]);
  });

  test("say where they are among their own", () => {
    expect(rows([1, 2, 3, 2, 1]).map(({ place, siblings }) => `${place}/${siblings}`)).toEqual([
      "1/2",
      "1/2",
      "1/1",
      "2/2",
      "2/2",
    ]);
  });

  test("are none for what lies in a closed one", () => {
    expect(keys([1, 2, 3, 2, 1], 1)).toEqual([0, 1, 3, 4]);
    expect(keys([1, 2, 3, 2, 1], 0)).toEqual([0, 4]);
    expect(rows([1, 2, 1], 0).map(({ isParent, isClosed }) => [isParent, isClosed])).toEqual([
      [true, true],
      [false, false],
    ]);
    // What was closed and has nothing in it any more is not.
    expect(rows([1, 1], 0)[0]).toMatchObject({ isParent: false, isClosed: false });
  });
});

test("keys move as in every tree", () => {
  const all = rows([1, 2, 3, 2, 1]);
  const move = (key: string, at: number) => treeMove(key, at, all, 2);
  expect(["ArrowDown", "ArrowUp", "Home", "End", "PageDown", "PageUp"].map((key) => move(key, 2))).toEqual([
    { to: 3 },
    { to: 1 },
    { to: 0 },
    { to: 4 },
    { to: 4 },
    { to: 0 },
  ]);
  expect([move("ArrowDown", 4), move("ArrowUp", 0)]).toEqual([{ to: 4 }, { to: 0 }]);
  expect([move("ArrowRight", 0), move("ArrowRight", 2)]).toEqual([{ to: 1 }, null]);
  expect(treeMove("ArrowRight", 0, rows([1, 2], 0), 2)).toEqual({ open: 0 });
  expect([move("ArrowLeft", 0), move("ArrowLeft", 2), move("ArrowLeft", 4)]).toEqual([
    { close: 0 },
    { to: 1 },
    null,
  ]);
  expect([move("Enter", 3), move("x", 3), treeMove("Enter", 0, [], 2)]).toEqual([{ press: 3 }, null, null]);
});

test("letters go to the next row that begins with them", () => {
  const all = rows([1, 2, 3]);
  expect(rowBeginning("b", 0, all)).toBe(1);
  expect(rowBeginning("A", 0, all)).toBe(0);
  expect(rowBeginning("c h", 2, all)).toBe(2);
  expect(rowBeginning("x", 0, all)).toBe(-1);
  expect(rowBeginning("x", 0, [])).toBe(-1);
});

test("the panel is remembered where there is room, and a guest where there is none", () => {
  const kept = new Map<string, string>();
  const storage = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
  };
  let isTight = false;
  const open = () => new OutlineStore({ preferences: storage, isTight: () => isTight, view: () => null });
  const store = open();
  expect(store.shown.get()).toBe(false);
  store.toggle();
  expect(store.leave()).toBe(false);
  expect(open().shown.get()).toBe(true);

  isTight = true;
  store.resized();
  expect(store.shown.get()).toBe(false);
  store.toggle();
  expect(store.shown.get()).toBe(true);
  expect(store.leave()).toBe(true);
  isTight = false;
  store.resized();
  expect(store.shown.get()).toBe(true);
});
