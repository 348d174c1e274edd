/** Open relays and those that are none, by real relays. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { startRelay } from "../../relay/main.ts";
import { AccessClient } from "./access-client.ts";
import { setOpenRelay } from "./open-relay.ts";
import { Places } from "./places.ts";

let folder: string;
const ends: (() => Promise<unknown>)[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "deckle-open-relay-"));
  ends.push(() => rm(folder, { recursive: true, force: true }));
});
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

async function relay(origins?: "own-port"): Promise<string> {
  const data = join(folder, origins ?? "open");
  const started = await startRelay({ data, port: 0, report: () => {}, ...(origins && { origins }) });
  ends.push(() => started.stop());
  return started.url;
}

const profile = (): Promise<Places> =>
  Places.open({ file: join(folder, "settings.json"), relayArgument: null, onTurned: () => {} });
const client = new AccessClient({ fetch });

test("a relay that lets in members only is not turned to, and the words say how to come in", async () => {
  const places = await profile();
  const answer = await setOpenRelay({ places, client }, await relay("own-port"));
  expect(answer).toMatchObject({ ok: false, code: "members-only", message: expect.stringMatching(/invite/) });
  expect(places.configuration).toMatchObject({ place: { kind: "private" }, openRelay: null });
});

test("an open relay, one that is not there, and none at all are turned to", async () => {
  const places = await profile();
  for (const url of [await relay(), "ws://127.0.0.1:9/sync"]) {
    expect(await setOpenRelay({ places, client }, url)).toEqual({ ok: true });
    expect(places.configuration.place).toEqual({ kind: "open", relay: url });
  }
  expect(await setOpenRelay({ places, client }, null)).toEqual({ ok: true });
  expect(places.configuration.place).toEqual({ kind: "private" });
});
