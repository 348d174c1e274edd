/** The client of a relay's calls about access, against servers that answer as no relay would. */
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { accessAnswerBytesMax } from "../policy/limits.ts";
import { parseRelayUrl, type Relay } from "../policy/relay-url.ts";
import { AccessClient } from "./access-client.ts";

const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

const workspace = "2j9knpCseyhnK8izDmLpGP5WMdZQ";
const unreachable = { ok: false, refusal: "unreachable" };

function relayAt(port: number): Relay {
  const parsed = parseRelayUrl(`ws://127.0.0.1:${port}/sync`);
  if (!parsed.ok) throw new Error(parsed.message);
  return parsed.relay;
}

async function serve(answer: RequestListener): Promise<Relay> {
  const server = createServer(answer);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return relayAt((server.address() as AddressInfo).port);
}

/** One that says the same to whatever is asked. */
const saying = (status: number, body: string): Promise<Relay> =>
  serve((_, response) => response.writeHead(status, { "Content-Type": "application/json" }).end(body));

const ask = (relay: Relay, callMs = 5_000) =>
  new AccessClient({ fetch, callMs }).ask(relay, "nonce", { workspace });

test("a call is a POST of JSON, with the ticket and no origin, cookies or anything kept", async () => {
  const heard: unknown[] = [];
  const relay = await serve((request, response) => {
    const { method, url, headers } = request;
    request.setEncoding("utf8").on("data", (body: string) => {
      heard.push({ method, url, body, authorization: headers.authorization, origin: headers.origin });
      response.writeHead(200, { "Set-Cookie": "a=b" }).end("{}");
    });
  });
  const client = new AccessClient({ fetch });
  expect(await client.ask(relay, "revoke", { device: "d" }, "the-ticket")).toEqual({ ok: true, gets: {} });
  expect(await client.ask(relay, "revoke", { device: "d" })).toEqual({ ok: true, gets: {} });
  const said = { method: "POST", url: "/access/revoke", body: '{"device":"d"}', origin: undefined };
  expect(heard).toEqual([
    { ...said, authorization: "Ticket the-ticket" },
    { ...said, authorization: undefined },
  ]);
});

test("an answer is parsed, and a refusal is told by its name", async () => {
  expect(await ask(await saying(200, '{"nonce":"abc","more":1}'))).toEqual({
    ok: true,
    gets: { nonce: "abc" },
  });
  expect(await ask(await saying(409, '{"refused":"too-many"}'))).toEqual({ ok: false, refusal: "too-many" });
});

test.each([
  ["a page", 200, "<html>"],
  ["nothing", 200, ""],
  ["an answer to something else", 200, '{"ticket":"abc"}'],
  ["a nonce with lines in it, which would be lines of what is signed", 200, '{"nonce":"a\\nb"}'],
  ["a refusal that is no word of ours", 403, '{"refused":"because"}'],
  ["a proxy's 403", 403, "Forbidden"],
  ["404 of an open relay", 404, "not found\n"],
  ["null", 200, "null"],
])("%s is no answer of a relay that has members", async (_, status, body) => {
  expect(await ask(await saying(status, body))).toEqual(unreachable);
});

test("attack: a redirect is not followed, nor is what it says heard by whom it names", async () => {
  let heard = 0;
  const other = await serve((_, response) => {
    heard++;
    response.end('{"nonce":"abc"}');
  });
  const { port } = new URL(other.url);
  const relay = await serve((_, response) =>
    response.writeHead(307, { Location: `http://127.0.0.1:${port}/access/nonce` }).end(),
  );
  expect(await ask(relay)).toEqual(unreachable);
  expect(heard).toBe(0);
});

test("nobody there, one who never answers, and one who drips: the time is up for all of them", async () => {
  const gone = await saying(200, "");
  servers.splice(0).forEach((server) => server.close());
  expect(await ask(gone)).toEqual(unreachable);
  expect(await ask(await serve(() => {}), 200)).toEqual(unreachable);
  const drips = await serve((_, response) => {
    response.writeHead(200);
    const dripping = setInterval(() => response.write(" "), 20);
    response.on("close", () => clearInterval(dripping));
  });
  expect(await ask(drips, 300)).toEqual(unreachable);
});

test("the time is up also where fetch does not listen to being told", async () => {
  const deaf = new AccessClient({ fetch: () => new Promise(() => {}), callMs: 50 });
  expect(await deaf.ask(relayAt(1), "nonce", { workspace })).toEqual(unreachable);
});

test("an answer as long as the limit is read, one byte more is not", async () => {
  const text = '{"nonce":"abc"}';
  expect(await ask(await saying(200, text.padEnd(accessAnswerBytesMax)))).toMatchObject({ ok: true });
  expect(await ask(await saying(200, text.padEnd(accessAnswerBytesMax + 1)))).toEqual(unreachable);
});
