/**
 * Relays that are none, that speak nonsense, and that die: it is said in words, writing goes on and is
 * kept, and the status never claims what is not so.
 */
import { createServer as createHttpServer } from "node:http";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import type { Page } from "playwright";
import { afterAll, expect, test } from "vitest";
import { WebSocketServer, type WebSocket } from "ws";
import { decodeCbor, encodeCbor } from "../../relay/protocol/cbor.ts";
import { closeReasons } from "../../relay/protocol/codes.ts";
import type { RunningApp } from "../app.ts";
import { openDocument, status, statusOf, textOf, titleField, type, whenAlert, whenText } from "../page.ts";
import { useStage } from "../stage.ts";

const stage = useStage();
/** A window that is asked to close is gone within this, whatever its relay does. */
const closeMs = 10_000;

const closings: number[] = [];
afterAll(() => {
  if (closings.length > 0) console.log(`slowest closing: ${Math.max(...closings).toFixed(0)} ms`);
});

/** Closes it as a person does. @returns how long it took */
async function closed(app: RunningApp): Promise<number> {
  const started = performance.now();
  await stage.end(app, "close");
  const took = performance.now() - started;
  closings.push(took);
  return took;
}

/** Chromium reports each failed connection to the console itself. */
const ownProblems = (app: RunningApp): string[] =>
  app.problems.filter((problem) => !/WebSocket connection to/.test(problem));

test.each([
  ["notaurl", /"notaurl" is not an address/],
  ["http://127.0.0.1:9/sync", /does not begin with wss:\/\/ or ws:\/\//],
  ["ws://user:pass@127.0.0.1:9/sync", /carries no name and password/],
  ["ws://relay.example.org/sync", /only for this machine or a private network/],
])("--relay=%s: said in words, and writing goes on and is kept", async (relay, words) => {
  const data = await stage.folder();
  let app = await stage.launch(data, "badurl", relay);
  await whenAlert(app.page, words);
  await type(app.page, "Written all the same.");
  await status(app.page, /^Saved on this device · No relay$/);
  expect(app.problems).toEqual([]);
  expect(await closed(app)).toBeLessThan(closeMs);

  app = await stage.launch(data, "badurl");
  await whenText(app.page, "Written all the same.");
  await status(app.page, /^Saved on this device · No relay$/);
});

// Relays that are none.

interface Impostor {
  readonly port: number;
  /** Connections so far. */
  readonly visits: () => number;
  stop(): Promise<void>;
}

async function listening(server: Server, onConnection: (socket: Socket) => void): Promise<Impostor> {
  const sockets = new Set<Socket>();
  let visits = 0;
  server.on("connection", (socket: Socket) => {
    visits++;
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
    onConnection(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const stop = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });
  stage.also(stop);
  return { port, visits: () => visits, stop };
}

/** Speaks TCP and nothing that a WebSocket begins with. */
const tcp = (onConnection: (socket: Socket) => void): Promise<Impostor> =>
  listening(createServer(), onConnection);

/** Opens the WebSocket as a relay would, and then does as it is told. */
async function webSocket(onOpen: (socket: WebSocket) => void): Promise<Impostor> {
  const http = createHttpServer();
  new WebSocketServer({ server: http }).on("connection", (socket) => {
    socket.on("error", () => {});
    onOpen(socket);
  });
  return listening(http, () => {});
}

const garbage = Uint8Array.from({ length: 300 }, (_, at) => (at * 131 + 7) % 256);
const greeting = encodeCbor({
  type: "peer",
  senderId: "impostor",
  targetId: "anyone",
  selectedProtocolVersion: "1",
  peerMetadata: {},
});

/** Greets like a stock relay and answers whatever is said of a document with noise about it. */
function noisyPeer(socket: WebSocket): void {
  socket.on("message", (data: Buffer) => {
    const decoded = decodeCbor(new Uint8Array(data));
    const message = decoded.ok ? (decoded.value as Record<string, unknown>) : {};
    const { type: kind, senderId, documentId } = message;
    if (kind === "join") return socket.send(greeting);
    if (typeof senderId !== "string" || typeof documentId !== "string") return;
    for (const noise of [
      garbage,
      Uint8Array.of(0x42),
      Uint8Array.of(0x42, 0, 0, 0xff),
      garbage.subarray(0, 9),
    ])
      socket.send(
        encodeCbor({ type: "sync", senderId: "impostor", targetId: senderId, documentId, data: noise }),
      );
  });
}

const none = /is not a Deckle relay: It sent something that is not a message of a relay/;
const unreachable = /Relay unreachable · \d+ changes? not yet on the relay$/;
const impostors: [string, () => Promise<Impostor>, RegExp][] = [
  [
    "answers with a web page",
    () =>
      tcp((socket) =>
        socket.once("data", () =>
          socket.end("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 9\r\n\r\n<h1>Hi!\r\n"),
        ),
      ),
    unreachable,
  ],
  ["answers with noise", () => tcp((socket) => socket.write(garbage)), unreachable],
  [
    "forbids it",
    () => tcp((socket) => socket.once("data", () => socket.end("HTTP/1.1 403 Forbidden\r\n\r\n"))),
    unreachable,
  ],
  ["closes at once", () => tcp((socket) => socket.destroy()), unreachable],
  ["never answers", () => tcp(() => {}), /Connecting to the relay · \d+ changes? not yet on the relay$/],
  ["opens and closes at once", () => webSocket((socket) => socket.close()), unreachable],
  [
    "opens and says nothing",
    () => webSocket(() => {}),
    /is not a Deckle relay: It accepted the connection and then said nothing/,
  ],
  ["sends text", () => webSocket((socket) => socket.send("Hello! I am a chat server.")), none],
  ["sends noise", () => webSocket((socket) => socket.send(garbage)), none],
  ["sends CBOR that is no message", () => webSocket((socket) => socket.send(encodeCbor("hello"))), none],
  [
    "sends a greeting without a name",
    () => webSocket((socket) => socket.send(encodeCbor({ type: "peer", senderId: 7 }))),
    /is not a Deckle relay: It did not say who it is/,
  ],
  [
    "says that it does not understand",
    () => webSocket((socket) => socket.close(closeReasons.malformed.code, "malformed")),
    /is not a Deckle relay: The relay did not understand this app/,
  ],
  // It speaks the protocol, so it is a relay; it has never said that it holds anything.
  [
    "greets and then sends noise about each document",
    () => webSocket(noisyPeer),
    /^Saved on this device · \d+ changes? not yet on the relay$/,
  ],
];

test.each(impostors)(
  "what answers at the relay's address %s: said in words, writing goes on, closing does not wait",
  async (_, start, words) => {
    const data = await stage.folder();
    const impostor = await start();
    let app = await stage.launch(data, "nonsense", `ws://127.0.0.1:${impostor.port}/sync`);
    const claims = await watchClaims(app.page);
    await type(app.page, "Written all the same.");
    await status(app.page, words);
    expect(await statusOf(app.page)).toMatch(/^Saved on this device · /);
    expect(impostor.visits()).toBeGreaterThan(0);
    await type(app.page, " And more.");
    await status(app.page, words);
    await whenText(app.page, "Written all the same. And more.");
    expect((await claims()).onTheRelay).toEqual([]);
    expect(ownProblems(app)).toEqual([]);
    expect(await closed(app)).toBeLessThan(closeMs);

    app = await stage.launch(data, "nonsense");
    await whenText(app.page, "Written all the same. And more.");
  },
);

test("where nonsense was, a relay comes: everything reaches it without a person doing anything", async () => {
  const data = await stage.folder();
  const impostor = await webSocket((socket) => socket.send("Hello! I am a chat server."));
  const app = await stage.launch(data, "patient", `ws://127.0.0.1:${impostor.port}/sync`);
  await titleField(app.page).fill("Waited");
  await type(app.page, "Written before there was a relay.");
  await status(app.page, none);
  await impostor.stop();
  const relay = await stage.serve(data, impostor.port);
  // A relay that spoke nonsense is asked again after a minute.
  await expect
    .poll(() => statusOf(app.page), { timeout: 75_000 })
    .toBe("Saved on this device · On the relay");
  const other = await stage.launch(data, "other", relay);
  await openDocument(other.page, "Waited");
  await whenText(other.page, "Written before there was a relay.");
});

// A relay that dies, and the status meanwhile.

interface Claims {
  /** Each moment at which "On the relay" stood there, with the text and whether the relay was known dead. */
  readonly onTheRelay: readonly string[];
  /** Those at which it could not be so: the relay was dead and the text newer than its death. */
  readonly lies: readonly string[];
}

/**
 * Looks at the window after each change, and every few milliseconds, as a person would see it: between
 * tasks, never in the middle of one. `relayIs` tells it what the test knows.
 */
async function watchClaims(page: Page): Promise<() => Promise<Claims>> {
  await page.getByRole("textbox", { name: "Document text" }).waitFor();
  await page.evaluate(() => {
    const seen = { onTheRelay: [] as string[], lies: [] as string[], textAtDeath: null as string | null };
    Object.assign(globalThis, { deckleClaims: seen });
    const look = (): void => {
      const words = document.querySelector("[aria-label='Status']")?.textContent ?? "";
      if (!words.includes("On the relay")) return;
      const text = document.querySelector("[aria-label='Document text']")?.textContent ?? "";
      const entry = `${words} | …${text.slice(-40)}`;
      if (seen.onTheRelay.at(-1) !== entry) seen.onTheRelay.push(entry);
      if (seen.textAtDeath !== null && seen.textAtDeath !== text && seen.lies.at(-1) !== entry)
        seen.lies.push(entry);
    };
    const changes = new MutationObserver(() => setTimeout(look, 0));
    changes.observe(document.body, { subtree: true, childList: true, characterData: true });
    setInterval(look, 5);
  });
  return () => page.evaluate(() => (globalThis as unknown as { deckleClaims: Claims }).deckleClaims);
}

async function relayIs(page: Page, state: "dead" | "alive"): Promise<void> {
  await page.evaluate((now) => {
    const seen = (globalThis as unknown as { deckleClaims: { textAtDeath: string | null } }).deckleClaims;
    seen.textAtDeath =
      now === "alive" ? null : (document.querySelector("[aria-label='Document text']")?.textContent ?? "");
  }, state);
}

test("the relay is killed five times while two people type: no letter is missing, and no claim was false", async () => {
  const data = await stage.folder();
  let relay = await stage.serve(data);
  const one = await stage.launch(data, "one", relay);
  await titleField(one.page).fill("Killed");
  await type(one.page, "Begin.\n");
  await status(one.page, /On the relay$/);
  const two = await stage.launch(data, "two", relay);
  await openDocument(two.page, "Killed");
  await whenText(two.page, "Begin.\n");
  // Each in a line of its own, so that what each typed can be read off in order.
  await one.page.keyboard.press("ControlOrMeta+Home");
  await one.page.keyboard.press("End");
  await type(two.page, "");
  const people = [one, two];
  const claims = await Promise.all(people.map(({ page }) => watchClaims(page)));

  const typed = ["", ""];
  for (let round = 0; round < 5; round++) {
    let typing = true;
    const hands = people.map(async ({ page }, who) => {
      for (let at = 0; typing || at < 30; at++) {
        const letter = String.fromCharCode((who === 0 ? 65 : 97) + (at % 26));
        await page.keyboard.type(letter);
        typed[who] += letter;
      }
    });
    // While both type, and at another moment of it in each round.
    const enough = (typed[0]?.length ?? 0) + 5 + round * 7;
    await expect.poll(() => typed[0]?.length ?? 0, { timeout: 20_000, interval: 1 }).toBeGreaterThan(enough);
    const { port } = relay;
    await stage.end(relay, "kill");
    await Promise.all(people.map(({ page }) => relayIs(page, "dead")));
    const atDeath = typed.map((each) => each.length);
    await expect
      .poll(() => typed.every((each, who) => each.length > (atDeath[who] ?? 0) + 10), { timeout: 20_000 })
      .toBe(true);
    for (const { page } of people)
      await expect.poll(() => statusOf(page), { timeout: 20_000 }).toMatch(/unreachable|Saving/);
    await Promise.all(people.map(({ page }) => relayIs(page, "alive")));
    relay = await stage.serve(data, port);
    typing = false;
    await Promise.all(hands);
  }

  const words = `Begin.${typed[0]}\n${typed[1]}`;
  for (const { page } of people) {
    await expect.poll(() => textOf(page), { timeout: 60_000 }).toBe(words);
    await status(page, /^Saved on this device · On the relay$/);
  }
  for (const seen of await Promise.all(claims.map((each) => each()))) {
    expect(seen.onTheRelay).not.toEqual([]);
    expect(seen.lies).toEqual([]);
  }
  for (const app of people) expect(ownProblems(app)).toEqual([]);

  // What the status says of the relay is what its file holds: killed again, it gives all of it to a stranger.
  for (const app of people) await stage.end(app, "kill");
  const { port } = relay;
  await stage.end(relay, "kill");
  relay = await stage.serve(data, port);
  const stranger = await stage.launch(data, "stranger", relay);
  await openDocument(stranger.page, "Killed");
  await whenText(stranger.page, words);
});

test("“On the relay” is so: relay and window killed the moment it is said, three times over", async () => {
  const data = await stage.folder();
  let relay = await stage.serve(data);
  const { port } = relay;
  let words = "";
  for (let round = 1; round <= 3; round++) {
    const app = await stage.launch(data, `writer${round}`, relay);
    if (round === 1) await titleField(app.page).fill("Claimed");
    else await openDocument(app.page, "Claimed");
    await whenText(app.page, words);
    const more = `Round ${round} was here. `;
    await type(app.page, more);
    words += more;
    await expect
      .poll(() => statusOf(app.page), { timeout: 20_000, interval: 5 })
      .toBe("Saved on this device · On the relay");
    await stage.end(relay, "kill");
    await stage.end(app, "kill");
    relay = await stage.serve(data, port);
    const reader = await stage.launch(data, `reader${round}`, relay);
    await openDocument(reader.page, "Claimed");
    await whenText(reader.page, words);
    await stage.end(reader, "close");
  }
});
