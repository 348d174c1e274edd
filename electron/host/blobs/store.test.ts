/** Blobs on a real disk, and as windows are served them. */
import { createHash, randomBytes } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { blobBytesMax } from "../../../relay/protocol/limits.ts";
import { keepFailure, keptBlob } from "../../keep.ts";
import { placeKey, NamedBlobs } from "./named.ts";
import { keepBlob, nameBlobs, serveBlob } from "./routes.ts";
import { BlobFiles } from "./store.ts";
import { UnnamedBlobs } from "./unnamed.ts";

let folder: string;
let files: BlobFiles;
let named: NamedBlobs;
let unnamed: UnnamedBlobs;
const openNamed = (isNewProfile = false): Promise<NamedBlobs> =>
  NamedBlobs.open(join(folder, "named"), { isNewProfile });
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "deckle-blobs-"));
  files = new BlobFiles(folder);
  named = await openNamed();
  unnamed = await UnnamedBlobs.open(join(folder, "unnamed"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const png = Buffer.concat([Buffer.from("\x89PNG\r\n\x1a\n", "latin1"), randomBytes(5_000)]);
const sha256 = createHash("sha256").update(png).digest("hex");
const fileOf = (hash: string): string => join(folder, hash.slice(0, 2), hash);
const document = "2nGkVeQScJEXQtq9R22UrhThLdU9";
const other = "2j9knpCseyhnK8izDmLpGP5WMdZQ";
const relay = "wss://relay.example.org/sync";

const post = (body: BodyInit): Request => new Request("app://deckle/keep/blob", { method: "POST", body });
const keep = async (bytes: Buffer): Promise<Response> =>
  keepBlob(post(new Uint8Array(bytes)), { files, named, unnamed });
const naming = (blobs: readonly string[]): Request => post(JSON.stringify({ blobs, place: null }));
async function* whole(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

test("what is pasted is on the disk under its hash, once, and is served as what it is", async () => {
  const answer = await keep(png);
  expect(answer.status).toBe(200);
  expect(keptBlob.parse(await answer.json())).toEqual({ sha256, bytes: png.length, type: "image/png" });
  expect(readFileSync(fileOf(sha256)).equals(png)).toBe(true);
  await keep(png);
  expect(readdirSync(join(folder, "new"))).toEqual([]);
  const missing = vi.fn();
  const served = await serveBlob(files, sha256, missing);
  expect(Buffer.from(await served.arrayBuffer()).equals(png)).toBe(true);
  expect(Object.fromEntries(served.headers)).toEqual({
    "cache-control": "private, max-age=31536000, immutable",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    "content-type": "image/png",
    "x-content-type-options": "nosniff",
  });
  expect(missing).not.toHaveBeenCalled();
  for (const none of ["0".repeat(64), "..", `${sha256}/`, "../settings.json"])
    expect((await serveBlob(files, none, missing)).status).toBe(404);
  expect(missing).toHaveBeenCalledTimes(4);
});

test("what is no image is served as bytes to be saved", async () => {
  const html = Buffer.from("<html><script>alert(1)</script></html>");
  const kept = keptBlob.parse(await (await keep(html)).json());
  expect(kept.type).toBe("application/octet-stream");
  const served = await serveBlob(files, kept.sha256, () => {});
  expect(served.headers.get("content-type")).toBe("application/octet-stream");
  expect(served.headers.get("content-disposition")).toBe("attachment");
});

test("what is too large is refused in words, at once or where it shows, and leaves nothing", async () => {
  const said = new Request("app://deckle/keep/blob", {
    method: "POST",
    headers: { "content-length": String(blobBytesMax + 1) },
  });
  const endless = async function* (): AsyncGenerator<Uint8Array> {
    for (;;) yield new Uint8Array(8 * 1024 * 1024);
  };
  const answer = await keepBlob(said, { files, named, unnamed });
  expect(answer.status).toBe(413);
  expect(keepFailure.parse(await answer.json()).reason).toMatch(/up to 100 MB/);
  expect(await files.keep(endless())).toBe("too-large");
  expect(readdirSync(join(folder, "new"))).toEqual([]);
  const most = await files.keep(
    (async function* (): AsyncGenerator<Uint8Array> {
      for (let i = 0; i < 10; i++) yield new Uint8Array(blobBytesMax / 10);
    })(),
  );
  expect(most).toMatchObject({ bytes: blobBytesMax });
}, 60_000);

test("a disk that cannot be written to is told in words", async () => {
  writeFileSync(join(folder, "new"), "a file where a folder should be");
  const answer = await keep(png);
  expect(answer.status).toBe(507);
  expect(keepFailure.parse(await answer.json()).reason).toMatch(/could not be written to this disk \(\w+\)/);
});

test("a body that breaks off leaves nothing", async () => {
  const broken = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(new Uint8Array(png));
    },
    pull(controller) {
      controller.error(new Error("gone"));
    },
  });
  const init = { method: "POST", body: broken, duplex: "half" };
  const asked = new Request("app://deckle/keep/blob", init);
  expect((await keepBlob(asked, { files, named, unnamed })).status).toBe(507);
  expect(readdirSync(folder).toSorted()).toEqual(["named", "new"]);
  expect(readdirSync(join(folder, "new"))).toEqual([]);
});

test("a damaged blob is not served but set aside, and comes again", async () => {
  await keep(png);
  const damaged = Buffer.from(png);
  damaged[100] = (damaged[100] ?? 0) ^ 1;
  writeFileSync(fileOf(sha256), damaged);
  // Another process: what this one has read once is believed.
  files = new BlobFiles(folder);
  const missing = vi.fn();
  expect((await serveBlob(files, sha256, missing)).status).toBe(404);
  expect(missing).toHaveBeenCalledTimes(1);
  expect(await files.has(sha256)).toBe(false);
  expect(readdirSync(join(folder, "damaged"))).toHaveLength(1);
  await keep(png);
  expect((await serveBlob(files, sha256, missing)).status).toBe(200);
  // Pasted again it is whole again, also before anybody saw that it was damaged.
  writeFileSync(fileOf(sha256), damaged);
  files = new BlobFiles(folder);
  await keep(png);
  expect((await serveBlob(files, sha256, missing)).status).toBe(200);
});

test("a check reads everything, also what was read before, and sets aside what is damaged", async () => {
  await keep(png);
  await keep(Buffer.from("whole"));
  expect(await files.verify()).toEqual({ blobs: 2, bytes: png.length + 5, damaged: [] });
  writeFileSync(fileOf(sha256), "damaged");
  expect(await files.verify()).toEqual({ blobs: 2, bytes: 5, damaged: [sha256] });
  expect(await files.verify()).toEqual({ blobs: 1, bytes: 5, damaged: [] });
});

test("downloads go on where they were, and are nothing before they are whole and right", async () => {
  await files.download(sha256, 0, whole(png.subarray(0, 2_000)));
  expect([await files.partBytes(sha256), await files.has(sha256)]).toEqual([2_000, false]);
  files = new BlobFiles(folder);
  await files.download(sha256, 2_000, whole(png.subarray(2_000)));
  expect(await files.finish(sha256)).toBe(true);
  expect(Buffer.from((await files.read(sha256)) ?? []).equals(png)).toBe(true);
  const wrong = "0".repeat(64);
  await files.download(wrong, 0, whole(png));
  expect(await files.finish(wrong)).toBe(false);
  expect([await files.partBytes(wrong), await files.has(wrong)]).toEqual([0, false]);
  await expect(files.download("../x", 0, whole(png))).rejects.toThrow("not the hash of a blob");
});

test("what may go is taken away, and what may not by then stays", async () => {
  await keep(png);
  expect([...(await files.all())]).toEqual([sha256]);
  expect(await files.removeIf(sha256, () => false)).toBe(false);
  expect(await files.removeIf(sha256, () => true)).toBe(true);
  expect(await files.removeIf(sha256, () => true)).toBe(false);
  expect([await files.has(sha256), await files.read(sha256)]).toEqual([false, null]);
});

test("only what comes here for the first time and is not named is noted as unnamed", async () => {
  const again = async (): Promise<boolean> => (await UnnamedBlobs.open(join(folder, "unnamed"))).has(sha256);
  await keep(png);
  expect([unnamed.has(sha256), await again()]).toEqual([true, true]);
  expect((await nameBlobs(naming([sha256]), { named, unnamed }, document, () => {})).status).toBe(204);
  expect([unnamed.has(sha256), await again()]).toEqual([false, false]);
  await keep(png);
  expect(await again()).toBe(false);
  // Named and lost.
  rmSync(fileOf(sha256));
  await keep(png);
  expect(await again()).toBe(false);
  // Here, and nobody knows why.
  rmSync(join(folder, "named"), { recursive: true });
  named = await openNamed();
  await keep(png);
  expect(await again()).toBe(false);
});

test("what cannot be noted as unnamed is kept all the same", async () => {
  writeFileSync(join(folder, "unnamed"), "a file where a folder should be");
  expect((await keep(png)).status).toBe(200);
  expect(unnamed.has(sha256)).toBe(false);
});

test("what a killed process had begun to write is taken away", async () => {
  mkdirSync(join(folder, "new"));
  writeFileSync(join(folder, "new", "half"), "half");
  await files.tidy();
  expect(existsSync(join(folder, "new"))).toBe(false);
});

test("names only grow, and each blob belongs to the place that its document was of then", async () => {
  const [one, two, three] = ["1", "2", "3"].map((each) => each.repeat(64));
  if (one === undefined || two === undefined || three === undefined) throw new Error("three names");
  const place = { relay, workspace: other };
  await named.name(document, { blobs: [one], place: null });
  await named.name(document, { blobs: [one, two], place });
  // Taken back out of the workspace: what is new since then does not go there.
  await named.name(document, { blobs: [three], place: null });
  await named.name(document, { blobs: [], place });
  await named.name(other, { blobs: [], place });
  for (let round = 0; round < 2; round++) {
    expect([...named.of(placeKey(place))].toSorted()).toEqual([one, two]);
    expect(named.of(placeKey({ relay, workspace: null }))).toEqual(new Set());
    expect(named.isOf(placeKey(place), two)).toBe(true);
    expect(named.isOf(placeKey(place), three)).toBe(false);
    expect(named.all()).toEqual({
      isWhole: false,
      documents: { [document]: { [one]: [other], [two]: [other], [three]: [] } },
    });
    named = await openNamed();
  }
});

test("names are whole from the first start of a profile on, and not after they were lost", async () => {
  expect(named.isWhole).toBe(false);
  expect((await openNamed(true)).isWhole).toBe(true);
  expect((await openNamed()).isWhole).toBe(true);
  rmSync(join(folder, "named"), { recursive: true });
  expect((await openNamed()).isWhole).toBe(false);
});

test("names of a backup are added, and are whole only where the backup's were", async () => {
  named = await openNamed(true);
  await named.name(document, { blobs: ["1".repeat(64)], place: null });
  await named.restore({ isWhole: true, documents: { [other]: { [sha256]: ["place"] } } });
  const both = { [document]: { ["1".repeat(64)]: [] }, [other]: { [sha256]: ["place"] } };
  expect(named.all()).toEqual({ isWhole: true, documents: both });
  await named.restore({ isWhole: false, documents: {} });
  expect((await openNamed()).all()).toEqual({ isWhole: false, documents: both });
  await openNamed(true);
  named = await openNamed();
  // Of a first version.
  await named.restore(undefined);
  expect((await openNamed()).isWhole).toBe(false);
});

test("names that cannot be read are set aside, and as long as they are there nothing is known of all", async () => {
  const spoken = vi.spyOn(console, "error").mockImplementation(() => {});
  writeFileSync(join(folder, "named", `${document}.json`), "{");
  named = await openNamed(true);
  expect(named.isWhole).toBe(false);
  await named.name(document, { blobs: [sha256], place: null });
  named = await openNamed();
  expect(named.isWhole).toBe(false);
  rmSync(join(folder, "named", `${document}.json.broken`));
  named = await openNamed();
  expect(named.all()).toEqual({ isWhole: true, documents: { [document]: { [sha256]: [] } } });
  expect(spoken).toHaveBeenCalledTimes(1);
  spoken.mockRestore();
});

test("where names cannot be read at all it starts, and nothing is known of all", async () => {
  const spoken = vi.spyOn(console, "error").mockImplementation(() => {});
  rmSync(join(folder, "named"), { recursive: true });
  writeFileSync(join(folder, "named"), "a file where a folder should be");
  expect((await openNamed(true)).isWhole).toBe(false);
  expect(spoken).toHaveBeenCalledTimes(1);
  spoken.mockRestore();
});

test("the engine names blobs: what it says is checked, and what cannot be written is told", async () => {
  const onNamed = vi.fn();
  const say = (of: string, body: unknown): Promise<Response> =>
    nameBlobs(post(typeof body === "string" ? body : JSON.stringify(body)), { named, unnamed }, of, onNamed);
  expect((await say(document, { blobs: [sha256], place: null })).status).toBe(204);
  expect(onNamed).toHaveBeenCalledTimes(1);
  for (const wrong of ["{", [], { blobs: ["x"], place: null }, { blobs: [sha256] }])
    expect((await say(document, wrong)).status).toBe(400);
  expect((await say("../x", { blobs: [sha256], place: null })).status).toBe(400);
  expect(onNamed).toHaveBeenCalledTimes(1);
  rmSync(join(folder, "named"), { recursive: true });
  writeFileSync(join(folder, "named"), "");
  chmodSync(folder, 0o700);
  const failed = await say(other, { blobs: [sha256], place: null });
  expect(failed.status).toBe(507);
  expect(keepFailure.parse(await failed.json()).reason).toMatch(/could not be written to this disk/);
});
