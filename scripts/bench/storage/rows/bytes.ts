/** What typing leaves on the disk: the browser's storage and the second copy, while it goes on and after closing. */
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { randomFrom } from "../../../../relay/store/harness.ts";
import { benchPage, keystroke, whenSaved } from "../page.ts";
import { inApp, inFolder } from "../profiles.ts";
import { once, type Measure } from "../row.ts";

/** A quick typist's pace: how many keystrokes make a change follows from it. */
const keystrokeEveryMs = 120;
const atRestMs = 30_000;
const places = [
  { name: "IndexedDB", folder: "IndexedDB" },
  { name: "second copy", folder: "copy" },
] as const;

export const bytes: Measure = async ({ quick }) => {
  const keystrokes = quick ? 200 : 1_000;
  const operation = `bytes on disk of ${keystrokes} keystrokes`;
  return inFolder(async (dataDir) => {
    const profile = join(dataDir, "profiles", "default");
    const before = places.map(({ folder }) => bytesIn(join(profile, folder)));
    const { fresh, typed } = await inApp({ dataDir }, async (app) => {
      await benchPage(app.page);
      await whenSaved(app.page);
      await app.atRest(atRestMs);
      const fresh = places.map(({ folder }) => bytesIn(join(profile, folder)));
      const random = randomFrom(1);
      for (let i = 0; i < keystrokes; i++) {
        const next = sleep(keystrokeEveryMs);
        const letter =
          random() < 0.17 ? " " : random() < 0.015 ? "\n" : String.fromCharCode(97 + 26 * random());
        await keystroke(app.page, letter);
        await next;
      }
      await whenSaved(app.page);
      await app.atRest(atRestMs);
      return { fresh, typed: places.map(({ folder }) => bytesIn(join(profile, folder))) };
    });
    const closed = places.map(({ folder }) => bytesIn(join(profile, folder)));
    const perThousand = (after: readonly number[], place: number): number =>
      Math.round((1_000 * ((after[place] ?? 0) - (fresh[place] ?? 0))) / keystrokes);
    return {
      rows: places.flatMap(({ name }, i) => [
        {
          name,
          operation,
          size: "after typing",
          unit: "bytes per 1,000 keystrokes",
          ...once(perThousand(typed, i)),
        },
        {
          name,
          operation,
          size: "after closing",
          unit: "bytes per 1,000 keystrokes",
          ...once(perThousand(closed, i)),
        },
      ]),
      notes: [
        `bytes: a keystroke every ${keystrokeEveryMs} ms; a fresh profile takes ${fresh.map((now, i) => `${now - (before[i] ?? 0)} in ${places[i]?.name}`).join(", ")}`,
      ],
    };
  });
};

function bytesIn(folder: string): number {
  if (!existsSync(folder)) return 0;
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => statSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.size ?? 0)
    .reduce((sum, size) => sum + size, 0);
}
