import fc from "fast-check";
import { expect, test } from "vitest";
import { backupsToRemove, isBackupDue, type KeptBackup } from "./backup-rotation.ts";

const hourMs = 3_600_000;
const startMs = Date.UTC(2026, 0, 1);
const limits = { hours: 24, days: 30, months: 12, bytesMax: 1000 };

const backupAt = (atMs: number, objects: [string, number][] = []): KeptBackup => ({
  name: `backup-${new Date(atMs).toISOString().slice(0, 19).replaceAll(":", "-")}Z.json`,
  objects: new Map(objects),
});

/** What stays after a backup every hour for so long, each rotated in. */
function afterHours(hours: number): string[] {
  let backups: KeptBackup[] = [];
  for (let hour = 0; hour < hours; hour++) {
    backups.push(backupAt(startMs + hour * hourMs));
    const gone = backupsToRemove(backups, limits);
    backups = backups.filter(({ name }) => !gone.includes(name));
  }
  return backups.map(({ name }) => name);
}

test("no backups: nothing goes", () => {
  expect(backupsToRemove([], limits)).toEqual([]);
});

test("in the first day each hour stays", () => {
  expect(afterHours(24)).toHaveLength(24);
});

test("after two years there are 24 hours, 30 days and 12 months, some of them the same", () => {
  const names = afterHours(2 * 365 * 24);
  // The 24 hours are all of the last day, which is one of the days, as two month ends are.
  expect(names).toHaveLength(24 + 29 + 11);
  expect(names[0]).toBe("backup-2027-01-31T23-00-00Z.json");
  expect(names.at(-1)).toBe("backup-2027-12-31T23-00-00Z.json");
  expect(names).toContain("backup-2027-12-02T23-00-00Z.json");
  expect(names).not.toContain("backup-2027-12-01T23-00-00Z.json");
});

test("of one hour the newest stays", () => {
  const [old, newer] = [backupAt(startMs), backupAt(startMs + 60_000)];
  expect(backupsToRemove([newer, old], limits)).toEqual([old.name]);
});

test("what does not fit goes, the oldest first; what they share counts once", () => {
  const backups = [3, 2, 1, 0].map((age) =>
    backupAt(startMs - age * hourMs, [
      ["shared", 400],
      [`own ${age}`, 300],
    ]),
  );
  // 400 + 300 + 300 is the limit.
  expect(backupsToRemove(backups, limits)).toEqual([backups[1]?.name, backups[0]?.name]);
});

test("the newest stays, however large", () => {
  const [old, newest] = [
    backupAt(startMs, [["a", 1]]),
    backupAt(startMs + hourMs, [["b", limits.bytesMax + 1]]),
  ];
  expect(backupsToRemove([old, newest], limits)).toEqual([old.name]);
});

test("whatever there is: the newest stays, what stays fits, and what goes changes nothing for the rest", () => {
  const backups = fc.uniqueArray(
    fc.record({
      hour: fc.integer({ min: 0, max: 10_000 }),
      objects: fc.array(fc.tuple(fc.constantFrom("a", "b", "c", "d", "e"), fc.constant(300)), {
        maxLength: 5,
      }),
    }),
    { selector: ({ hour }) => hour, minLength: 1, maxLength: 60 },
  );
  fc.assert(
    fc.property(backups, (drawn) => {
      const all = drawn.map(({ hour, objects }) => backupAt(startMs + hour * hourMs, objects));
      const gone = new Set(backupsToRemove(all, limits));
      const staying = all.filter(({ name }) => !gone.has(name));
      const newest = all
        .map(({ name }) => name)
        .toSorted()
        .at(-1);
      expect(staying.map(({ name }) => name)).toContain(newest);
      const objects = new Map(staying.flatMap((backup) => [...backup.objects]));
      const bytes = [...objects.values()].reduce((sum, each) => sum + each, 0);
      expect(staying.length === 1 || bytes <= limits.bytesMax).toBe(true);
      expect(backupsToRemove(staying, limits)).toEqual([]);
      expect(staying.length).toBeLessThanOrEqual(limits.hours + limits.days + limits.months);
    }),
  );
});

test("one is due after an hour, where there is none, and where the clock went back by more", () => {
  expect(isBackupDue(null, 0, hourMs)).toBe(true);
  expect(isBackupDue(startMs, startMs + hourMs - 1, hourMs)).toBe(false);
  expect(isBackupDue(startMs, startMs + hourMs, hourMs)).toBe(true);
  expect(isBackupDue(startMs, startMs - hourMs, hourMs)).toBe(true);
});
