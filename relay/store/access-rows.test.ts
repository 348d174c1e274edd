/** Who may do what, in the file: kept, never written over somebody else, and not believed where it is of another time. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import Database from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { temporaryFolder } from "./harness.ts";
import { markOf, readMark } from "./mark.ts";
import { salvage } from "./salvage.ts";
import { SqliteStore } from "./sqlite.ts";
import { verifyFile } from "./verify.ts";

let folder: ReturnType<typeof temporaryFolder>;
let file: string;
beforeEach(() => {
  folder = temporaryFolder({ inMemory: true });
  file = join(folder.path, "relay.sqlite");
});
afterEach(() => folder[Symbol.dispose]());

function withStore<Result>(use: (store: SqliteStore) => Result): Result {
  const store = new SqliteStore(file);
  try {
    return use(store);
  } finally {
    store.close();
  }
}

function tamper(sql: string, values: unknown = {}): void {
  const db = new Database(file);
  expect(db.prepare(sql).run(values).changes).toBeGreaterThan(0);
  db.close();
}

const put = (key: string, value: string, was?: string) => ({ key, value, was });

test("rows and audit are there after it was opened again", () => {
  withStore((store) => {
    expect(store.accessRows()).toEqual([]);
    expect(store.writeAccess([put("member/a", "1"), put("device/b", "2")], ["first"])).toEqual({ ok: true });
    expect(
      store.writeAccess(
        [put("member/a", "3", "1"), { key: "device/b", was: "2", value: undefined }],
        ["second"],
      ),
    ).toEqual({ ok: true });
  });
  withStore((store) => {
    expect(store.accessRows()).toEqual([{ key: "member/a", value: "3" }]);
    expect(store.audit(0, 10)).toEqual({
      entries: [
        { number: 1, value: "first" },
        { number: 2, value: "second" },
      ],
    });
    expect(store.audit(1, 10)?.entries).toHaveLength(1);
  });
});

test("who goes by what is not there any more writes nothing, not even to the audit", () => {
  withStore((store) => {
    store.writeAccess([put("invite/x", "1 left")], []);
    expect(store.writeAccess([put("invite/x", "0 left", "1 left")], ["used"])).toEqual({ ok: true });
    expect(
      store.writeAccess([put("member/a", "1"), put("invite/x", "0 left", "1 left")], ["used again"]),
    ).toMatchObject({
      ok: false,
      stale: true,
    });
    expect(store.accessRows()).toEqual([{ key: "invite/x", value: "0 left" }]);
    expect(store.audit(0, 10)?.entries.map(({ value }) => value)).toEqual(["used"]);
  });
});

test.each([
  ["a row that was changed", "UPDATE access SET value = 'owner' WHERE key = 'member/a'"],
  ["a row that is gone", "DELETE FROM access WHERE key = 'member/a'"],
  [
    "a row of another time, with its checksum",
    "INSERT OR REPLACE INTO access VALUES ('member/a', $value, $checksum)",
  ],
  ["a sum that was changed", "UPDATE meta SET value = '1' WHERE key = 'accessSum'"],
])("%s: nothing is believed", (_, sql) => {
  withStore((store) => store.writeAccess([put("member/a", "editor"), put("member/b", "viewer")], []));
  const old = rowOf("member/a");
  withStore((store) => store.writeAccess([put("member/a", "revoked", "editor")], []));
  tamper(sql, sql.includes("$") ? old : {});
  withStore((store) => {
    expect(store.accessRows()).toBeUndefined();
    // Nor does a write make what is there look whole.
    store.writeAccess([put("member/c", "viewer")], []);
    expect(store.accessRows()).toBeUndefined();
  });
  expect(verifyFile(file).faults.join()).toContain("nobody is let in");
});

const memberId = "ab".repeat(16);
const member = put(
  `member/${memberId}`,
  JSON.stringify({ id: memberId, name: "Ada", role: "owner", sinceMs: 1 }),
);

test("a file that was put back by hand is behind its mark: who was revoked meanwhile is not let in again", () => {
  withStore((store) => store.writeAccess([member], ["joined"]));
  const before = readFileSync(file);
  withStore((store) => store.writeAccess([{ ...member, was: member.value, value: undefined }], ["removed"]));
  writeFileSync(file, before);
  expect(verifyFile(file).faults).toEqual([
    "who may do what was changed later than the file knows: nobody will be let in",
  ]);
  const reported: string[] = [];
  new SqliteStore(file, (event) => void reported.push(event)).close();
  expect(reported).toEqual(["access-lost"]);
  // Nor the next time, when the mark is level with the file.
  withStore((store) => expect(store.accessRows()).toBeUndefined());
});

test("a mark of the version before says nothing of access", () => {
  withStore((store) => store.writeAccess([member], []));
  const [, epoch, sequence, relayId, workspace] = readFileSync(markOf(file), "latin1").split(" ").slice(1);
  const said = `deckle-store 1 ${epoch} ${sequence} ${relayId} ${workspace}`;
  writeFileSync(markOf(file), `${said} ${crc32(said).toString(16).padStart(8, "0")}\n`);
  expect(readMark(file)).toMatchObject({ epoch, accessRevision: 0 });
  withStore((store) => expect(store.accessRows()).toHaveLength(1));
  expect(readMark(file)).toMatchObject({ epoch, accessRevision: 1 });
});

test("verify says what is wrong with rows and with the audit", () => {
  withStore((store) => store.writeAccess([member], ["one", "two", "three"]));
  expect(verifyFile(file).faults).toEqual([]);
  tamper("DELETE FROM audit WHERE entry = 1");
  tamper("UPDATE audit SET value = 'nothing' WHERE entry = 2");
  expect(verifyFile(file)).toMatchObject({
    faults: ["audit: entry 2 is damaged"],
    notes: ["audit: entries 1 to 1 are lost"],
  });
  withStore((store) => store.writeAccess([put("member/x", "no record")], []));
  expect(verifyFile(file).faults).toContain("who may do what: member/x cannot be read");
  tamper("UPDATE access SET value = 'x' WHERE key = 'member/x'");
  expect(verifyFile(file).faults[0]).toBe("who may do what: member/x is damaged");
});

describe("a store that is made out of a damaged one", () => {
  const to = (): string => join(folder.path, "new.sqlite");
  const salvaged = () => {
    const done = salvage(file, to());
    if (!done.ok) throw new Error(done.reason);
    const store = new SqliteStore(to());
    const [rows, entries] = [store.accessRows(), store.audit(0, 10)?.entries];
    store.close();
    return { rows, entries, faults: done.verified.faults, whole: verifyFile(to()).faults };
  };
  const nobody = expect.stringContaining("deckle-relay invite --role owner");
  const { key, value } = member;

  test("knows its members, and all of the audit that is whole", () => {
    withStore((store) => store.writeAccess([member], ["one", "two"]));
    tamper("UPDATE audit SET value = 'nothing' WHERE entry = 1");
    expect(salvaged()).toEqual({
      rows: [{ key, value }],
      entries: [{ number: 2, value: "two" }],
      faults: [],
      whole: [],
    });
  });

  test("also where SQLite cannot open the file any more", () => {
    withStore((store) => store.writeAccess([member], ["one"]));
    const bytes = readFileSync(file);
    writeFileSync(file, bytes.fill(0xff, 100, 1_000));
    expect(salvaged()).toMatchObject({ rows: [{ key, value }], entries: [{ number: 1 }], faults: [] });
  });

  test("has no members where one row of them cannot be believed, and says so", () => {
    const other = put("member/other", "x");
    withStore((store) => store.writeAccess([member, other], ["one"]));
    tamper("UPDATE access SET value = 'y' WHERE key = 'member/other'");
    expect(salvaged()).toMatchObject({ rows: [], entries: [{ number: 1 }], faults: [nobody], whole: [] });
  });

  test("has none either where the rows are whole and of another time", () => {
    withStore((store) => store.writeAccess([member], []));
    const before = readFileSync(file);
    withStore((store) => store.writeAccess([{ ...member, was: member.value, value: undefined }], []));
    writeFileSync(file, before);
    expect(salvaged()).toMatchObject({ rows: [], faults: [nobody], whole: [] });
  });
});

function rowOf(key: string): unknown {
  const db = new Database(file, { readonly: true });
  const row: unknown = db.prepare("SELECT value, checksum FROM access WHERE key = ?").get(key);
  db.close();
  return row;
}

test("an audit entry that was changed is left out", () => {
  withStore((store) => store.writeAccess([], ["one", "two"]));
  tamper("UPDATE audit SET value = 'nothing' WHERE entry = 1");
  withStore((store) => expect(store.audit(0, 10)?.entries).toEqual([{ number: 2, value: "two" }]));
});

test("a store of the version before gets its tables, and keeps its documents", () => {
  withStore(() => {});
  const db = new Database(file);
  db.exec("DROP TABLE access; DROP TABLE audit; PRAGMA user_version = 2");
  db.close();
  withStore((store) => {
    expect(store.accessRows()).toEqual([]);
    expect(store.writeAccess([put("member/a", "1")], [])).toEqual({ ok: true });
  });
});
