import { EditorState } from "prosemirror-state";
import type { EditorView } from "prosemirror-view";
import { afterEach, expect, test, vi } from "vitest";
import { countsPlugin } from "./counts.ts";
import type { CountsNow } from "./counts.ts";
import { block } from "./typist.ts";

afterEach(() => void vi.unstubAllGlobals());

/** The window's frames and pauses, run by hand; what waits for one may be called off. */
class Turns {
  readonly waiting = new Map<number, (deadline: { timeRemaining: () => number }) => void>();
  #last = 0;
  add = (run: (deadline: { timeRemaining: () => number }) => void): number => {
    this.waiting.set(++this.#last, run);
    return this.#last;
  };
  cancel = (id: number): void => void this.waiting.delete(id);
  run(): void {
    const all = [...this.waiting.values()];
    this.waiting.clear();
    for (const each of all) each({ timeRemaining: () => 50 });
  }
}

test("what a frame has counted, the pause that was waited for does not count again", () => {
  const [frames, pauses] = [new Turns(), new Turns()];
  // However slow the machine is, the frame has time for three words.
  vi.stubGlobal("performance", { now: () => 0 });
  vi.stubGlobal("requestAnimationFrame", frames.add);
  vi.stubGlobal("cancelAnimationFrame", frames.cancel);
  vi.stubGlobal("requestIdleCallback", pauses.add);
  vi.stubGlobal("cancelIdleCallback", pauses.cancel);
  const told: CountsNow[] = [];
  const wrote: number[] = [];
  const plugin = countsPlugin({ counts: (now) => told.push(now), wrote: (words) => wrote.push(words) });
  const doc = block("doc", null, block("paragraph", null, "one two"));
  const view = { state: EditorState.create({ doc, plugins: [plugin] }) };
  const counting = plugin.spec.view?.(view as unknown as EditorView);

  const before = view.state;
  view.state = before.apply(before.tr.insertText("three ", 1));
  counting?.update?.(view as unknown as EditorView, before);
  frames.run();
  const counted = { state: "counted", selection: null } as const;
  expect(told).toMatchObject([{ state: "counting" }, { ...counted, document: { words: 3 } }]);
  pauses.run();
  frames.run();
  expect(told).toHaveLength(2);
  expect(wrote).toEqual([1]);
});
