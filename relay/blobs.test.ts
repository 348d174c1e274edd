/** Blobs over real sockets: pieces, cuts, kills, who may, and what a full disk does. */
import { execFile } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { BlobStore } from "./blobs/store.ts";
import { OfflineRelay } from "./commands/offline-relay.ts";
import { BlobCaller, testBlob, type TestBlob } from "./harness-blobs.ts";
import { TestDevice } from "./harness-access.ts";
import { Members } from "./harness-members.ts";
import { cliFile, RelayProcess, Stage, temporaryFolder, until } from "./harness.ts";
import {
  blobBytesMax,
  blobPartMs,
  blobPartsMax,
  blobPieceBytesMax,
  blobRequestsPerDeviceMax,
} from "./protocol/limits.ts";
import { makeDocumentId } from "./store/documentId.ts";
import { openStore } from "./workspace-files.ts";

let stage: Stage;
beforeEach(() => void (stage = new Stage()));
afterEach(() => stage.end());

async function openRelay(data: string): Promise<BlobCaller> {
  const { port, workspace } = await stage.relay({ data });
  return new BlobCaller(port, workspace);
}

const runCli = (...words: string[]): Promise<{ code: number; said: string }> =>
  new Promise((resolve) => {
    execFile("node", [cliFile, ...words], (error, out, err) =>
      resolve({ code: error === null ? 0 : 1, said: out + err }),
    );
  });

/** All of it, from wherever the relay says that it is, in pieces of these lengths. */
async function upload(caller: BlobCaller, blob: TestBlob, pieceBytes: () => number): Promise<void> {
  for (;;) {
    const { offset, isComplete } = (await caller.progress(blob)) as { offset: number; isComplete: boolean };
    if (isComplete) return;
    await caller.piece(blob, offset, Math.min(offset + pieceBytes(), blob.bytes.length));
  }
}

/** Sends the head of a piece and the beginning of its body, and no more. The socket stays open. */
function halfAPiece(port: number, workspace: string, { hash, bytes }: TestBlob, from: number, sent: number) {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => {});
  const [path, length] = [
    `/blobs/${workspace}/${hash}?offset=${from}&total=${bytes.length}`,
    bytes.length - from,
  ];
  socket.write(`PUT ${path} HTTP/1.1\r\nHost: relay\r\nContent-Length: ${length}\r\n\r\n`);
  socket.write(bytes.subarray(from, from + sent));
  stage.defer(() => socket.destroy());
  return socket;
}

test("a blob comes in pieces, is read whole or from the middle, and never changes", async () => {
  const data = stage.folder();
  const caller = await openRelay(data);
  const blob = testBlob(700_000);
  expect((await caller.read(blob.hash)).status).toBe(404);
  expect(await caller.progress(blob)).toEqual({ offset: 0, isComplete: false });
  expect((await caller.piece(blob, 0, 300_000)).json).toEqual({ offset: 300_000, isComplete: false });
  // Not there before it is whole.
  expect((await caller.read(blob.hash)).status).toBe(404);
  expect((await caller.piece(blob, 300_000)).json).toEqual({ offset: 700_000, isComplete: true });
  const whole = await caller.read(blob.hash);
  expect([whole.status, whole.bytes.equals(blob.bytes)]).toEqual([200, true]);
  expect(Object.fromEntries(whole.headers)).toMatchObject({
    "accept-ranges": "bytes",
    "cache-control": "private, immutable, max-age=31536000",
    "content-disposition": "attachment",
    "content-length": "700000",
    "content-type": "application/octet-stream",
    "cross-origin-resource-policy": "same-origin",
    "x-content-type-options": "nosniff",
  });
  const rest = await caller.read(blob.hash, { headers: { range: "bytes=650000-" } });
  expect([rest.status, rest.headers.get("content-range")]).toEqual([206, "bytes 650000-699999/700000"]);
  expect(rest.bytes.equals(blob.bytes.subarray(650_000))).toBe(true);
  const some = await caller.read(blob.hash, { headers: { range: "bytes=5-9" } });
  expect(some.bytes.equals(blob.bytes.subarray(5, 10))).toBe(true);
  const past = await caller.read(blob.hash, { headers: { range: "bytes=700000-" } });
  expect([past.status, past.headers.get("content-range"), past.bytes.length]).toEqual([
    416,
    "bytes */700000",
    0,
  ]);
  const head = await caller.read(blob.hash, { method: "HEAD" });
  expect([head.status, head.headers.get("content-length"), head.bytes.length]).toEqual([200, "700000", 0]);
  // Once more is no harm, from wherever it is said to begin.
  expect((await caller.piece(blob, 0, 10)).json).toEqual({ offset: 700_000, isComplete: true });
  expect(readdirSync(join(data, "blobs", ...readdirSync(join(data, "blobs")), "parts"))).toEqual([]);
});

test("of a relay that is open to everybody the workspace need not be known", async () => {
  const { port, workspace } = await stage.relay({ data: stage.folder() });
  const blob = testBlob(1_000);
  expect((await new BlobCaller(port, "open").piece(blob, 0)).status).toBe(200);
  expect((await new BlobCaller(port, workspace).read(blob.hash)).bytes.equals(blob.bytes)).toBe(true);
});

test("a piece that does not fit is refused with where it goes on", async () => {
  const caller = await openRelay(stage.folder());
  const blob = testBlob(10_000);
  const wrong = await caller.piece(blob, 5_000);
  expect([wrong.status, wrong.json]).toEqual([409, { refused: "offset", offset: 0 }]);
  await caller.piece(blob, 0, 4_000);
  const again = await caller.piece(blob, 0, 4_000);
  expect([again.status, again.json]).toEqual([409, { refused: "offset", offset: 4_000 }]);
  expect((await caller.piece(blob, 4_000)).json).toEqual({ offset: 10_000, isComplete: true });
});

test("what turns out to be something else is thrown away, and the right one can come", async () => {
  const data = stage.folder();
  const caller = await openRelay(data);
  const blob = testBlob(50_000);
  const forged = { hash: blob.hash, bytes: testBlob(50_000).bytes };
  await caller.piece(forged, 0, 20_000);
  const wrong = await caller.piece(forged, 20_000);
  expect([wrong.status, wrong.json]).toEqual([422, { refused: "wrong-hash" }]);
  expect((await caller.read(blob.hash)).status).toBe(404);
  // Who says another length is in nobody's way.
  await caller.piece({ hash: blob.hash, bytes: Buffer.concat([blob.bytes, Buffer.from("x")]) }, 0, 30_000);
  await upload(caller, blob, () => 17_000);
  expect((await caller.read(blob.hash)).bytes.equals(blob.bytes)).toBe(true);
});

test("cut off in the middle of pieces, at any place, it goes on from there", async () => {
  const { port, workspace } = await stage.relay({ data: stage.folder() });
  const caller = new BlobCaller(port, workspace);
  const blob = testBlob(400_000);
  let offset = 0;
  for (let round = 0; round < 12; round++) {
    const sent = 1 + Math.floor(Math.random() * 30_000);
    const socket = halfAPiece(port, workspace, blob, offset, sent);
    const here = offset + sent;
    await until("what was sent is here", async () => {
      const progress = (await caller.progress(blob)) as { offset: number };
      return progress.offset === here;
    });
    // While that one is still there, nobody else gets between.
    const between = await caller.piece(blob, here);
    expect([round, between.status]).toEqual([round, 409]);
    if (round % 2 === 0) socket.destroy();
    else socket.resetAndDestroy();
    offset = here;
    // The relay has seen that it is gone.
    await until(
      "somebody may go on",
      async () => (await caller.piece(blob, offset, offset + 1)).status === 200,
    );
    offset++;
  }
  await upload(caller, blob, () => 100_000);
  expect((await caller.read(blob.hash)).bytes.equals(blob.bytes)).toBe(true);
  expect(stage.events.filter((each) => each === "bug" || each === "blob-error")).toEqual([]);
}, 60_000);

test("two who bring the same at once bring it", async () => {
  const caller = await openRelay(stage.folder());
  const blob = testBlob(300_000);
  await Promise.all([
    upload(caller, blob, () => 20_000),
    upload(caller, blob, () => 33_333),
    upload(caller, blob, () => 50_000),
  ]);
  expect((await caller.read(blob.hash)).bytes.equals(blob.bytes)).toBe(true);
}, 30_000);

test("killed in the middle of an upload, again and again, the relay goes on where it was", async () => {
  const data = stage.folder();
  const blob = testBlob(3_000_000);
  const store = openStore(data);
  const { workspace } = store.identity;
  await store.stop();
  let offset = 0;
  for (let round = 1; round <= 4; round++) {
    const relay = await RelayProcess.start(data);
    stage.defer(() => relay.end("SIGKILL"));
    const caller = new BlobCaller(relay.port, workspace);
    expect(await caller.progress(blob)).toEqual({ offset, isComplete: false });
    const sent = 200_000 + Math.floor(Math.random() * 200_000);
    halfAPiece(relay.port, workspace, blob, offset, sent);
    const here = offset + sent;
    await until("it is here", async () => {
      const progress = (await caller.progress(blob)) as { offset: number };
      return progress.offset === here;
    });
    await relay.end("SIGKILL");
    offset = here;
  }
  const relay = await RelayProcess.start(data);
  stage.defer(() => relay.end("SIGKILL"));
  const caller = new BlobCaller(relay.port, workspace);
  await upload(caller, blob, () => 1_000_000);
  await relay.end("SIGKILL");
  const again = await RelayProcess.start(data);
  stage.defer(() => again.end("SIGKILL"));
  const read = await new BlobCaller(again.port, workspace).read(blob.hash);
  expect(read.bytes.equals(blob.bytes)).toBe(true);
}, 90_000);

test("lengths: none, of nothing, one piece too long, a whole too long, past its end", async () => {
  const caller = await openRelay(stage.folder());
  const { hash, bytes } = testBlob(100);
  const put = async (query: string, body: Uint8Array<ArrayBuffer> | ReadableStream): Promise<number> => {
    const init = { method: "PUT", body, duplex: "half" };
    return (await caller.ask(`${hash}${query}`, init)).status;
  };
  const content = new Uint8Array(bytes);
  expect(await put("", content)).toBe(400);
  expect(await put("?offset=-1&total=100", content)).toBe(400);
  expect(await put("?offset=0&total=1e2", content)).toBe(400);
  expect(await put("?offset=0&total=0", new Uint8Array(0))).toBe(413);
  expect(await put("?offset=0&total=99", content)).toBe(413);
  expect(await put(`?offset=0&total=${blobBytesMax + 1}`, content)).toBe(413);
  expect(await put(`?offset=0&total=${blobBytesMax}`, new Uint8Array(blobPieceBytesMax))).toBe(200);
  expect(await put("?offset=0&total=100", new Blob([content]).stream())).toBe(411);
  expect(await put("?offset=0&total=100", content)).toBe(200);
});

test("what leads elsewhere is nowhere", async () => {
  const data = stage.folder();
  const { port, workspace } = await stage.relay({ data });
  writeFileSync(join(data, "secret"), "secret");
  const { hash } = testBlob(10);
  const raw = (method: string, path: string): Promise<string> =>
    new Promise((resolve) => {
      const socket = connect(port, "127.0.0.1");
      let said = "";
      socket.on("error", () => {});
      socket.on("data", (piece) => (said += String(piece)));
      socket.on("close", () => resolve(said));
      socket.write(
        `${method} ${path} HTTP/1.1\r\nHost: relay\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
      );
    });
  const paths = [
    `/blobs/${workspace}/../secret`,
    `/blobs/${workspace}/..%2fsecret`,
    `/blobs/${workspace}/${"../".repeat(21)}s`,
    `/blobs/../${hash}`,
    `/blobs/..%2f..%2f/${hash}`,
    `/blobs//${hash}`,
    `/blobs/${makeDocumentId()}/${hash}`,
    `/blobs/${workspace}/${hash.toUpperCase()}`,
    `/blobs/${workspace}/${hash}0`,
    `/blobs/${workspace}/${hash}%00`,
    `/blobs/${workspace}/${hash}/x`,
    `/blobs/${workspace}/parts`,
  ];
  const unknown = await raw("GET", `/blobs/${workspace}/${hash}`);
  expect(unknown).toMatch(/^HTTP\/1\.1 404 /);
  const withoutDate = (said: string): string => said.replace(/^Date: .*$/m, "");
  for (const path of paths) {
    expect([path, withoutDate(await raw("GET", path))]).toEqual([path, withoutDate(unknown)]);
    expect([path, await raw("PUT", `${path}?offset=0&total=9`)]).toEqual([
      path,
      expect.stringMatching(/^HTTP\/1\.1 404 /),
    ]);
  }
  expect(existsSync(join(data, "blobs"))).toBe(false);
});

test("members read, editors and owners write, and nobody else learns anything", async () => {
  const members = await Members.start(stage);
  const { port, workspace } = members.relay;
  const as = (device: TestDevice, purpose: "blob" | "manage" | "sync" = "blob") =>
    new BlobCaller(port, workspace, async () => `Ticket ${await members.ticket(device, purpose)}`);
  const [editor, commenter, viewer] = [
    await members.member("editor"),
    await members.member("commenter"),
    await members.member("viewer"),
  ];
  const [blob, other] = [testBlob(5_000), testBlob(5_000)];
  expect((await as(editor).piece(blob, 0)).status).toBe(200);
  expect((await as(members.owner).piece(testBlob(10), 0)).status).toBe(200);
  for (const member of [members.owner, editor, commenter, viewer])
    expect((await as(member).read(blob.hash)).bytes.equals(blob.bytes)).toBe(true);

  const stranger = new BlobCaller(port, workspace);
  const strangers = [
    stranger,
    new BlobCaller(port, workspace, async () => `Ticket ${"A".repeat(43)}`),
    as(new TestDevice()),
    as(editor, "manage"),
    as(editor, "sync"),
    new BlobCaller(port, "open"),
    new BlobCaller(port, "open", async () => `Ticket ${await members.ticket(editor, "blob")}`),
    new BlobCaller(port, makeDocumentId(), async () => `Ticket ${await members.ticket(editor, "blob")}`),
  ];
  const told = async (answer: ReturnType<BlobCaller["ask"]>): Promise<unknown> => {
    const { status, headers, bytes } = await answer;
    return [status, [...headers].filter(([name]) => name !== "date"), bytes.toString()];
  };
  expect((await as(viewer).read(other.hash)).status).toBe(404);
  const unknown = await told(as(viewer).read(other.hash));
  for (const each of strangers) {
    expect(await told(each.read(blob.hash))).toEqual(unknown);
    expect(await told(each.read(other.hash))).toEqual(unknown);
    expect(await told(each.ask(`${blob.hash}/upload?total=5000`))).toEqual(unknown);
    expect(await told(each.piece(other, 0))).toEqual(unknown);
  }
  for (const reader of [commenter, viewer]) {
    expect(await told(as(reader).piece(other, 0))).toEqual(unknown);
    expect(await told(as(reader).ask(`${other.hash}/upload?total=5000`))).toEqual(unknown);
  }
  // Single use.
  const ticket = `Ticket ${await members.ticket(editor, "blob")}`;
  const twice = new BlobCaller(port, workspace, async () => ticket);
  expect((await twice.read(blob.hash)).status).toBe(200);
  expect(await told(twice.read(blob.hash))).toEqual(unknown);
  // A page of somewhere else, whatever it shows.
  const page = { headers: { origin: "https://evil.example" } };
  expect(await told(as(editor).read(blob.hash, page))).toEqual(unknown);
  // Whoever was revoked, with a ticket of before.
  const kept = `Ticket ${await members.ticket(viewer, "blob")}`;
  await members.manage(members.owner, "remove", { member: await members.memberOf(viewer) });
  expect(await told(new BlobCaller(port, workspace, async () => kept).read(blob.hash))).toEqual(unknown);
}, 60_000);

test("attack: one member takes all the places of those who read", async () => {
  const members = await Members.start(stage);
  const { port, workspace } = members.relay;
  const viewer = await members.member("viewer");
  const authorization = async (device: TestDevice): Promise<string> =>
    `Ticket ${await members.ticket(device, "blob")}`;
  const owner = new BlobCaller(port, workspace, () => authorization(members.owner));
  // More than the buffers on the way take, so that whoever does not read keeps the relay waiting.
  const blob = testBlob(30_000_000);
  for (let at = 0; at < blob.bytes.length; at += blobPieceBytesMax)
    await owner.piece(blob, at, Math.min(at + blobPieceBytesMax, blob.bytes.length));
  const heads: string[] = [];
  const sockets: Socket[] = [];
  for (let i = 0; i < blobRequestsPerDeviceMax + 2; i++) {
    const socket = connect(port, "127.0.0.1");
    sockets.push(socket);
    stage.defer(() => socket.destroy());
    socket.on("error", () => {});
    const head = `GET /blobs/${workspace}/${blob.hash} HTTP/1.1\r\nHost: relay\r\n`;
    socket.write(`${head}Authorization: ${await authorization(viewer)}\r\n\r\n`);
    heads.push(
      await new Promise((resolve) => {
        socket.once("data", (bytes) => {
          socket.pause();
          resolve(bytes.toString("latin1").slice(0, "HTTP/1.1 200".length));
        });
      }),
    );
  }
  expect(heads).toEqual([
    ...Array.from({ length: blobRequestsPerDeviceMax }, () => "HTTP/1.1 200"),
    "HTTP/1.1 503",
    "HTTP/1.1 503",
  ]);
  expect((await owner.read(blob.hash)).bytes.equals(blob.bytes)).toBe(true);
  // Whoever is not in any more is sent nothing more of what had begun.
  const ended = sockets.slice(0, blobRequestsPerDeviceMax).map((socket) => {
    const before = socket.bytesRead;
    const closed = new Promise<number>((resolve) =>
      socket.once("close", () => resolve(socket.bytesRead - before)),
    );
    return { socket, closed };
  });
  await members.manage(members.owner, "remove", { member: await members.memberOf(viewer) });
  for (const { socket } of ended) socket.resume();
  for (const { closed } of ended) expect(await closed).toBeLessThan(20_000_000);
}, 60_000);

test("a workspace has so many bytes, of parts what they are to become", async () => {
  using folder = temporaryFolder();
  const caller = async () => {
    const { port, workspace } = await stage.relay({ data: folder.path, blobMegabytesMax: 1 });
    return new BlobCaller(port, workspace);
  };
  const first = await caller();
  const [whole, part, large, small] = [500_000, 400_000, 200_000, 100_000].map(testBlob);
  if (!whole || !part || !large || !small) throw new Error("four blobs");
  await first.piece(whole, 0);
  await first.piece(part, 0, 10);
  const refused = await first.piece(large, 0);
  expect([refused.status, refused.json]).toEqual([507, { refused: "quota" }]);
  expect((await first.piece(small, 0)).status).toBe(200);
  // What is only partly here goes on.
  expect((await first.piece(part, 10, 20)).status).toBe(200);
  await stage.end();
  const again = await caller();
  expect((await again.piece(large, 0)).status).toBe(507);
  expect((await again.piece(part, 20)).json).toEqual({ offset: 400_000, isComplete: true });
  // What is thrown away makes room.
  const forged = { hash: large.hash, bytes: testBlob(40_000).bytes };
  expect((await again.piece(forged, 0)).status).toBe(422);
  expect((await again.piece(testBlob(40_000), 0)).status).toBe(200);
});

test("parts that nobody goes on with are taken away, and there are never too many", async () => {
  using folder = temporaryFolder();
  const nowMs = Date.now();
  const store = new BlobStore(folder.path, 2 ** 40, () => nowMs);
  const pieceOf = async function* (bytes: Uint8Array): AsyncGenerator<Uint8Array> {
    yield bytes;
  };
  const begin = (blob: TestBlob) =>
    store.append({ hash: blob.hash, totalBytes: 1_000 }, 0, pieceOf(blob.bytes.subarray(0, 10)));
  const blobs = Array.from({ length: blobPartsMax }, () => testBlob(1_000));
  for (const blob of blobs) expect(await begin(blob)).toMatchObject({ ok: true, offset: 10 });
  const late = testBlob(1_000);
  expect(await begin(late)).toEqual({ ok: false, refused: "too-many" });
  const [old, young] = blobs;
  if (!old || !young) throw new Error("two blobs");
  const aged = (blob: TestBlob, ageMs: number): void => {
    const seconds = (nowMs - ageMs) / 1000;
    utimesSync(join(folder.path, "parts", `${blob.hash}-1000.part`), seconds, seconds);
  };
  aged(old, blobPartMs + 60_000);
  aged(young, blobPartMs - 60_000);
  expect(await begin(late)).toMatchObject({ ok: true });
  expect(await store.progress({ hash: old.hash, totalBytes: 1_000 })).toMatchObject({ offset: 0 });
  expect(await store.progress({ hash: young.hash, totalBytes: 1_000 })).toMatchObject({ offset: 10 });
});

test("a slow sender is cut when its time is over, and what it had sent is kept", async () => {
  const { port, workspace } = await stage.relay({ data: stage.folder() });
  const caller = new BlobCaller(port, workspace);
  const blob = testBlob(100_000);
  const socket = halfAPiece(port, workspace, blob, 0, 1_000);
  let sent = 1_000;
  const dripping = setInterval(() => socket.write(blob.bytes.subarray(sent, ++sent)), 500);
  stage.defer(() => clearInterval(dripping));
  const startedMs = performance.now();
  await new Promise((resolve) => socket.once("close", resolve));
  clearInterval(dripping);
  expect(performance.now() - startedMs).toBeLessThan(20_000);
  const { offset } = (await caller.progress(blob)) as { offset: number };
  expect(offset).toBeGreaterThanOrEqual(1_000);
  await upload(caller, blob, () => 50_000);
  expect((await caller.read(blob.hash)).bytes.equals(blob.bytes)).toBe(true);
}, 60_000);

test("a full disk: refused, nothing half-there is served or stays, and then it goes on", async () => {
  const data = stage.folder();
  const store = openStore(stage.folder());
  await store.stop();
  const relay = await RelayProcess.startOnSmallDisk(data, 16_000_000);
  stage.defer(() => relay.end("SIGKILL"));
  const workspace = /"workspace":"(\w+)"/.exec(relay.stderr)?.[1] ?? "";
  const caller = new BlobCaller(relay.port, workspace);
  const [small, large] = [testBlob(100_000), testBlob(60_000_000)];
  expect((await caller.piece(small, 0)).status).toBe(200);
  let status = 200;
  for (let at = 0; status === 200; at += 2_000_000)
    ({ status } = await caller.piece(large, at, at + 2_000_000));
  expect(status).toBe(507);
  expect(await caller.progress(large)).toEqual({ offset: 0, isComplete: false });
  expect((await caller.read(large.hash)).status).toBe(404);
  expect((await caller.read(small.hash)).bytes.equals(small.bytes)).toBe(true);
  expect(readdirSync(join(relay.outside(data), "blobs", workspace, "parts"))).toEqual([]);
  // The room is the documents' again, and other blobs'.
  expect((await caller.piece(testBlob(3_000_000), 0)).status).toBe(200);
  expect(relay.stderr).not.toMatch(/"bug"/);
}, 60_000);

test("verify reads blobs, with the relay and without", async () => {
  const data = stage.folder();
  const relay = await stage.relay({ data });
  const caller = new BlobCaller(relay.port, relay.workspace);
  const [good, bad] = [testBlob(1_000), testBlob(1_000)];
  for (const each of [good, bad]) await caller.piece(each, 0);
  const running = await runCli("verify", "--data", data);
  expect([running.code, running.said]).toEqual([0, expect.stringContaining("2 images and files, 1 MB")]);
  await relay.stop();
  const offline = new OfflineRelay(data);
  const whole = await offline.verify(undefined);
  expect([whole.faults, whole.notes]).toEqual([[], ["2 images and files, 1 MB, were read as well"]]);
  const [workspace = ""] = readdirSync(join(data, "blobs"));
  const file = join(data, "blobs", workspace, bad.hash.slice(0, 2), bad.hash);
  const bytes = readFileSync(file);
  writeFileSync(file, bytes.fill(1, 10, 20));
  expect((await offline.verify(undefined)).faults).toEqual([`${file} is damaged: move it away`]);
  // Moved away it can come again.
  rmSync(file);
  const again = await openRelay(data);
  expect((await again.piece(bad, 0)).status).toBe(200);
  expect((await again.read(bad.hash)).bytes.equals(bad.bytes)).toBe(true);
  await offline.stop();
});
