/** The device's key: where it is kept, what it signs, and what becomes of one that cannot be read. */
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";
import { challengeText } from "../../relay/protocol/challenge.ts";
import { nodeCrypto } from "../../relay/server/crypto.ts";
import { deviceKeyBytesMax, keysAsideMax } from "../policy/limits.ts";
import { DeviceKeys, type DeviceKey } from "./device-key.ts";
import { TestVault } from "./harness-vault.ts";

const relay = { url: "wss://relay.example.org/sync", origin: "wss://relay.example.org", isLocal: false };
const signed = { purpose: "sync", workspace: "2j9knpCseyhnK8izDmLpGP5WMdZQ", nonce: "n" } as const;
const agrees = { agreesToReadable: true };
const doesNot = { agreesToReadable: false };

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "deckle-key-"));
  file = join(folder, "profile", "device-key.json");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const names = (): Promise<string[]> => readdir(join(folder, "profile"));

async function obtained(keys: DeviceKeys, options = doesNot): Promise<DeviceKey> {
  const made = await keys.obtain(options);
  if (!made.ok) throw new Error(made.message);
  return made.key;
}

test("before the first join there is no key and no file", async () => {
  const keys = new DeviceKeys(file, new TestVault());
  expect(await keys.device()).toBeNull();
  expect(await keys.open()).toEqual({ state: "none" });
  expect(await readdir(folder)).toEqual([]);
});

test("a key is made once, kept for the person alone, and the same after a start", async () => {
  const vault = new TestVault();
  const keys = new DeviceKeys(file, vault);
  const [one, two] = await Promise.all([obtained(keys), obtained(keys)]);
  expect(one.publicKey).toBe(two.publicKey);
  const again = new DeviceKeys(file, vault);
  expect(await again.device()).toBe(one.id.slice(0, 16));
  expect((await obtained(again)).publicKey).toBe(one.publicKey);
  expect(await names()).toEqual(["device-key.json"]);
  expect((await stat(file)).mode & 0o077).toBe(0);
});

test("its id is the hash of its 32 bytes, and it signs what a relay verifies", async () => {
  const key = await obtained(new DeviceKeys(file, new TestVault()));
  const raw = Buffer.from(key.publicKey, "hex");
  expect(raw.length).toBe(32);
  expect(key.id).toBe(createHash("sha256").update(raw).digest("hex"));
  const signature = Buffer.from(key.sign(relay, signed), "base64url");
  const verifies = (origin: string): boolean =>
    nodeCrypto.verify(raw, challengeText({ ...signed, origin, publicKey: key.publicKey }), signature);
  expect(verifies(relay.origin)).toBe(true);
  expect(verifies("wss://other.example.org")).toBe(false);
});

test("what is on the disk, and what a careless log would show, is not the private key", async () => {
  const vault = new TestVault();
  const key = await obtained(new DeviceKeys(file, vault));
  const [secret = ""] = vault.encrypted;
  expect(Buffer.from(secret, "base64").length).toBe(48);
  expect(await readFile(file, "utf8")).not.toContain(secret);
  for (const shown of [JSON.stringify(key), inspect(key, { depth: 9, showHidden: true })]) {
    expect(shown).toContain(key.publicKey);
    expect(shown).not.toContain(secret);
  }
});

test("where the system cannot protect it, only whoever agreed gets a key", async () => {
  const vault = new TestVault();
  vault.isOn = false;
  const keys = new DeviceKeys(file, vault);
  expect(await keys.protection()).toBe("readable");
  expect(await keys.obtain(doesNot)).toMatchObject({
    ok: false,
    code: "key-readable",
    message: expect.stringContaining("Nothing was joined"),
  });
  expect(await readdir(folder)).toEqual([]);
  const key = await obtained(keys, agrees);
  expect(vault.encrypted).toEqual([]);
  expect((await stat(file)).mode & 0o077).toBe(0);
  // It is not asked about again.
  const again = new DeviceKeys(file, vault);
  expect(await again.protection()).toBe("protected");
  expect((await obtained(again)).publicKey).toBe(key.publicKey);
});

test("a keyring that is gone: the file stays as it is, until a join sets it aside", async () => {
  const vault = new TestVault();
  const old = await obtained(new DeviceKeys(file, vault));
  const text = await readFile(file, "utf8");
  vault.key++;
  const keys = new DeviceKeys(file, vault);
  expect(await keys.open()).toEqual({ state: "unreadable" });
  expect(await readFile(file, "utf8")).toBe(text);
  expect(await keys.device()).toBe(old.id.slice(0, 16));
  const made = await keys.obtain(doesNot);
  expect(made).toMatchObject({ ok: true, aside: `${file}.unreadable` });
  expect(await readFile(`${file}.unreadable`, "utf8")).toBe(text);
  expect(await keys.device()).not.toBe(old.id.slice(0, 16));
  // The next one that is set aside does not replace the first.
  vault.key++;
  expect(await new DeviceKeys(file, vault).obtain(doesNot)).toMatchObject({ aside: `${file}.unreadable-2` });
  expect(await readFile(`${file}.unreadable`, "utf8")).toBe(text);
  // With its keyring back, and put back by hand, it is the old one.
  vault.key -= 2;
  await writeFile(file, text);
  expect((await obtained(new DeviceKeys(file, vault))).publicKey).toBe(old.publicKey);
});

test.each([
  ["cut off", '{"version":1,"publ'],
  ["of another version", '{"version":2}'],
  ["too large", `{}${" ".repeat(deviceKeyBytesMax)}`],
  ["empty", ""],
])("a file that is %s is unreadable, and set aside by a join", async (_, text) => {
  await mkdir(join(folder, "profile"));
  await writeFile(file, text);
  const keys = new DeviceKeys(file, new TestVault());
  expect(await keys.open()).toEqual({ state: "unreadable" });
  expect(await keys.device()).toBeNull();
  expect(await keys.obtain(doesNot)).toMatchObject({ ok: true, aside: `${file}.unreadable` });
  expect(await readFile(`${file}.unreadable`, "utf8")).toBe(text);
});

test("attack: another public key written into the file is not taken for ours", async () => {
  const vault = new TestVault();
  await obtained(new DeviceKeys(file, vault));
  const text = await readFile(file, "utf8");
  await writeFile(file, text.replace(/"publicKey": "[0-9a-f]{64}"/, `"publicKey": "${"0".repeat(64)}"`));
  expect(await new DeviceKeys(file, vault).open()).toEqual({ state: "unreadable" });
});

test("a disk that cannot be written or has too many keys set aside: nothing is lost", async () => {
  await writeFile(join(folder, "profile"), "in the way");
  const blocked = await new DeviceKeys(join(folder, "profile", "device-key.json"), new TestVault()).obtain(
    doesNot,
  );
  expect(blocked).toMatchObject({ ok: false, code: "key-not-saved" });
  const full = join(folder, "full");
  await mkdir(full);
  await writeFile(join(full, "k"), "broken");
  for (let i = 1; i <= keysAsideMax; i++)
    await writeFile(join(full, `k.unreadable${i === 1 ? "" : `-${i}`}`), "");
  expect(await new DeviceKeys(join(full, "k"), new TestVault()).obtain(doesNot)).toMatchObject({
    ok: false,
    code: "key-not-saved",
  });
  expect(await readFile(join(full, "k"), "utf8")).toBe("broken");
});
