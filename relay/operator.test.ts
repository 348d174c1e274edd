/** The operator's commands about people, each with the relay running and without: the words, and what comes of them. */
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { dispatch } from "./commands/dispatch.ts";
import { idOfSecret, TestDevice } from "./harness-access.ts";
import { Visitor } from "./harness-join.ts";
import { origin } from "./harness-members.ts";
import { Stage, until } from "./harness.ts";
import type { Relay } from "./main.ts";
import { parseInviteLink, type InviteLink } from "./protocol/invite-link.ts";
import { openStore } from "./workspace-files.ts";

let stage: Stage;
let data: string;
let relay: Relay | undefined;
beforeEach(() => {
  stage = new Stage();
  data = stage.folder();
  relay = undefined;
});
afterEach(() => stage.end());

async function run(...words: string[]): Promise<{ code: number; out: string; err: string }> {
  let [out, err] = ["", ""];
  const call = {
    environment: { DECKLE_RELAY_DATA: data },
    out: (text: string) => void (out += text),
    err: (text: string) => void (err += text),
  };
  const code = await dispatch(words, call);
  return { code, out, err };
}

const start = async (): Promise<Relay> => (relay = await stage.relay({ data, origins: [origin] }));
const stop = async (): Promise<void> => {
  await relay?.stop();
  relay = undefined;
};

async function invited(...words: string[]): Promise<InviteLink> {
  const { code, out, err } = await run("invite", ...words);
  expect([code, err.split("\n").length]).toEqual([0, 2]);
  const link = parseInviteLink(out);
  if (!link) throw new Error(out);
  return link;
}

/** Joins with a link, while the relay runs. */
async function joined(link: InviteLink, name: string, device = new TestDevice()): Promise<Visitor> {
  const at = { origin, workspace: link.workspace };
  const visitor = new Visitor(relay ?? (await start()), at, device);
  expect(await visitor.accept(link.secret, name)).toBe(200);
  return visitor;
}

describe.each([
  ["while the relay runs", true],
  ["on the files of one that does not", false],
])("%s", (_name, isRunning) => {
  /** Between the commands people come, for which the relay must run. */
  const settle = async (): Promise<void> => {
    if (!isRunning) await stop();
  };
  const reach = isRunning ? [] : ["--url", origin];
  beforeEach(async () => {
    await start();
    await settle();
  });

  test("an invite is a link that lets in, once; its secret is in no file", async () => {
    const link = await invited("--role", "owner", ...reach);
    expect(link).toMatchObject({ relay: `${origin}/sync`, role: "owner" });
    const ada = await joined(link, "Ada");
    expect(await ada.ticket()).not.toBe("");
    expect(
      await new Visitor(relay ?? (await start()), { origin, workspace: link.workspace }).accept(link.secret),
    ).toBe(403);
    await stop();
    for (const name of readdirSync(data))
      expect(readFileSync(join(data, name)).includes(link.secret), name).toBe(false);
  });

  test("members, devices, roles and the audit, by names and short ids", async () => {
    const ada = await joined(await invited("--role", "owner", ...reach), "Ada");
    await settle();
    const viewers = await invited("--role", "viewer", "--uses", "2", "--days", "1", ...reach);
    const bob = await joined(viewers, "Bob");
    await joined(await invited("--member", "Bob", ...reach), "whoever");
    await settle();
    const listed = (await run("members")).out;
    expect(listed).toMatch(/^MEMBER /);
    expect(listed).toMatch(/\n[0-9a-f]{8} +Ada +owner +1 /);
    expect(listed).toMatch(/\n[0-9a-f]{8} +Bob +viewer +2 /);
    expect(listed).toMatch(/INVITE .*\n[0-9a-f]{8} +viewer +1 /);
    expect(await run("role", "Bob", "editor")).toEqual({ code: 0, out: "Bob is editor now\n", err: "" });
    expect((await run("role", "Bob", "king")).code).toBe(2);
    expect((await run("role", "Eve", "editor")).err).toContain('"Eve" is no member');
    const devices = (await run("devices")).out.split("\n");
    expect(devices).toHaveLength(5);
    expect(devices.filter((line) => / Laptop +Bob +editor /.test(line))).toHaveLength(2);
    const people: unknown = JSON.parse((await run("members", "--json")).out);
    expect(people).toMatchObject({ members: [{ name: expect.any(String) }, { name: expect.any(String) }] });
    const lines = (await run("audit")).out.trimEnd().split("\n");
    expect(lines[0]).toMatch(/^ +1 {2}\d{4}-\d\d-\d\dT[\d:]{8}Z {2}operator {2}invited {2}owner, invite /);
    expect(lines.at(-1)).toMatch(/operator {2}role-changed {2}Bob, editor$/);
    expect(lines.some((line) => / {2}Bob \(Laptop\) {2}joined {2}viewer, invite /.test(line))).toBe(true);
    const after = (await run("audit", "--after", "1", "--json")).out.trim().split("\n");
    expect(after.map((line): unknown => JSON.parse(line)["number"])).not.toContain(1);
    expect(after).toHaveLength(lines.length - 1);
    expect([ada.device.id, bob.device.id].every((id) => !lines.join().includes(id))).toBe(true);
  });

  test("revoke ends a device, a member or an invite, and says which it was", async () => {
    const ada = await joined(await invited("--role", "owner", ...reach), "Ada");
    const bob = await joined(await invited(...reach), "Bob");
    const socket = isRunning ? await bob.connect(stage) : undefined;
    await settle();
    expect(await run("revoke", bob.device.id.slice(0, 10))).toEqual({
      code: 0,
      out: "the device “Laptop” of Bob is revoked\n",
      err: "",
    });
    await until("its socket is closed", () => socket === undefined || socket.closeCode === 4403);
    expect((await run("revoke", bob.device.id)).err).toBe("the device “Laptop” of Bob was revoked before\n");
    const link = await invited(...reach);
    expect((await run("revoke", idOfSecret(link.secret))).out).toBe(
      "the invite for a new editor is revoked\n",
    );
    const [, id = ""] = /"id":"([0-9a-f]{32})","name":"Ada"/.exec((await run("members", "--json")).out) ?? [];
    expect((await run("revoke", id)).out).toBe("the member Ada, with all devices, is revoked\n");
    expect((await run("revoke", "")).code).toBe(1);
    expect((await run("revoke", "0123456789abcdef")).err).toContain("is no device, member or invite");
    const again = relay ?? (await start());
    for (const { device } of [ada, bob])
      expect(await new Visitor(again, { origin, workspace: again.workspace }, device).ticket()).toBe("");
  });

  test("workspaces: one more has a name, an owner's invite, and members of its own", async () => {
    const added = await run("workspaces", "add", "The other", ...reach);
    const [line = "", out = ""] = added.out.split("\n");
    const id = line.split(" ")[0] ?? "";
    const link = parseInviteLink(out);
    expect(line).toBe(`${id}  The other`);
    expect(link).toMatchObject({ workspace: id, name: "The other", role: "owner" });
    expect((await run("workspaces", "add", "The other", ...reach)).err).toContain("already");
    if (!link) throw new Error(added.err);
    await joined(link, "Ada");
    await settle();
    expect((await run("workspaces")).out).toMatch(new RegExp(`\n${id} +The other +1 +1\n`));
    const several = await run("members");
    expect([several.code, several.err]).toEqual([1, expect.stringContaining("name one with --workspace")]);
    for (const word of [id, id.slice(0, 9), "The other"])
      expect((await run("members", "--workspace", word)).out).toContain("Ada");
    expect((await run("members", "--workspace", "default")).out).toBe("nobody is in yet\n");
    expect((await run("members", "--workspace", "elsewhere")).err).toContain("is no workspace");
  });

  test("backup: one of several is named, or each goes into a folder; verify proves each", async () => {
    const { out } = await run("workspaces", "add", "The other", ...reach);
    const id = out.split(" ")[0] ?? "";
    const folder = stage.folder();
    const refused = await run("backup", join(folder, "one.sqlite"));
    expect([refused.code, refused.err]).toEqual([1, expect.stringContaining("--all DIR")]);
    expect((await run("backup", join(folder, "one.sqlite"), "--workspace", "The other")).code).toBe(0);
    expect((await run("backup", "--all", join(folder, "all"))).code).toBe(0);
    expect(readdirSync(join(folder, "all")).toSorted()).toEqual(["relay.sqlite", `workspace-${id}.sqlite`]);
    const again = await run("backup", "--all", join(folder, "all"));
    expect([again.code, again.err.split("\n").length]).toEqual([1, 3]);
    const verified = await run("verify");
    expect([verified.code, verified.out.match(/: whole$/gm)?.length]).toEqual([0, 2]);
    expect((await run("verify", "--workspace", id)).out).toBe("0 documents, 0 changes: whole\n");
    expect((await run("stats", "--workspace", id)).out).toMatch(/^documents +0\n/);
  });

  test("recover opens for hours and ends with 0", async () => {
    expect((await run("recover", "--hours", "2")).out).toMatch(/^until .* whoever may write /);
    expect((await run("recover", "--hours", "0")).out).toMatch(/^ended/);
    expect((await run("recover", "--hours", "100000")).code).toBe(2);
  });
});

test("a backup goes back only where its workspace is, and a restored relay knows its members", async () => {
  await start();
  const link = await invited("--role", "owner");
  const ada = await joined(link, "Ada");
  const { out } = await run("workspaces", "add", "The other");
  const id = out.split(" ")[0] ?? "";
  const folder = stage.folder();
  expect((await run("backup", "--all", folder)).code).toBe(0);
  const { device } = ada;
  expect((await run("revoke", device.id, "--workspace", "default")).code).toBe(0);
  await stop();
  const other = join(folder, `workspace-${id}.sqlite`);
  expect((await run("restore", other, "--replace")).err).toBe(
    `${other} is a backup of the workspace ${id}: add --workspace ${id}\n`,
  );
  const wrong = await run("restore", join(folder, "relay.sqlite"), "--workspace", id, "--replace");
  expect([wrong.code, wrong.err]).toEqual([1, expect.stringContaining(`not of ${id}`)]);
  expect((await run("restore", other, "--workspace", id, "--replace")).code).toBe(0);
  const restored = await run("restore", join(folder, "relay.sqlite"), "--replace");
  expect([restored.code, restored.err]).toEqual([0, expect.stringContaining("deckle-relay recover")]);
  const again = await start();
  expect(await new Visitor(again, { origin, workspace: again.workspace }, device).ticket()).not.toBe("");
});

test("an owner is invited where there is none, and not again while one is on the way", async () => {
  const first = await start();
  const [made, ...more] = await first.inviteOwners();
  expect(more).toEqual([]);
  const link = parseInviteLink(made?.link ?? "");
  expect(link).toMatchObject({ workspace: first.workspace, role: "owner", relay: `${origin}/sync` });
  expect(await first.inviteOwners()).toEqual([{ name: made?.name }]);
  if (!link) throw new Error("there is no link");
  await joined(link, "Ada");
  expect(await first.inviteOwners()).toEqual([]);
});

test("its own addresses, where none are named, are those of the port that it got", async () => {
  relay = await stage.relay({ data, origins: "own-port" });
  const link = await invited();
  expect(link.relay).toBe(`ws://127.0.0.1:${relay.port}/sync`);
  await stop();
  expect((await run("invite")).code).toBe(0);
  expect((await run("invite", "--url", "https://x")).code).toBe(2);
});

test("an open relay says that nobody needs an invite", async () => {
  relay = await stage.relay({ data });
  expect((await run("invite", "--url", origin)).err).toContain("open mode");
  expect((await run("recover")).err).toContain("open mode");
});

test("a store that is not there is none", async () => {
  const none = await run("members", "--data", join(data, "none"));
  expect([none.code, none.err]).toEqual([1, expect.stringContaining("is not there")]);
  await openStore(data).stop();
  expect((await run("members")).out).toBe("nobody is in yet\n");
});
