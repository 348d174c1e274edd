import { expect, test } from "vitest";
import { MemoryValues } from "./database.ts";
import type { Values } from "./database.ts";
import { Ledger } from "./ledger.ts";

const nowhere = { relay: null, workspace: null };
const refusing: Values = {
  get: () => Promise.reject(new Error("the disk is gone")),
  all: () => Promise.reject(new Error("the disk is gone")),
  put: () => Promise.reject(new Error("the disk is gone")),
  putRelaxed: () => Promise.reject(new Error("the disk is gone")),
};

test("a browser's storage that does not open at all is no reason not to begin", async () => {
  const ledger = await Ledger.open(nowhere, refusing);
  await ledger.setWorkspaces({ local: "one", relays: {} });
  expect(await ledger.workspaces()).toEqual({ local: "one", relays: {} });
});

test("what is durable here is noted, and known at the next start", async () => {
  const values = new MemoryValues();
  const ledger = await Ledger.open(nowhere, values);
  ledger.setHere("a", ["h1"]);
  ledger.setHere("b", ["h2"]);
  ledger.setHere("b", []);
  await ledger.noted();
  const next = await Ledger.open(nowhere, values);
  expect([next.here("a"), next.here("b")]).toEqual([["h1"], undefined]);
});

test("what the copy remembers of places comes back, and takes the place of nothing that is known", async () => {
  const atOpen = { relay: "ws://127.0.0.1:1/sync", workspace: null };
  const before = await Ledger.open(atOpen, new MemoryValues());
  await before.setWorkspaces({ local: "one", relays: { "ws://127.0.0.1:1/sync": "list" } });
  before.set("a", { heads: ["h"], unsent: false });
  await before.setHandedOver({ team: ["b"] });
  const value = await before.value();

  const empty = await Ledger.open(nowhere, new MemoryValues());
  await empty.adopt(value);
  expect(await empty.workspaces()).toEqual(value.workspaces);
  expect(await empty.handedOver()).toEqual({ team: ["b"] });
  expect(empty.belongsElsewhere("a")).toBe(true);

  const known = await Ledger.open(atOpen, new MemoryValues());
  known.set("a", { heads: ["h", "i"], unsent: true });
  await known.setWorkspaces({ local: "two", relays: {} });
  await known.adopt(value);
  expect(known.receipt("a")).toEqual({ heads: ["h", "i"], unsent: true });
  expect(await known.workspaces()).toEqual({ local: "two", relays: { "ws://127.0.0.1:1/sync": "list" } });
});

test("what is taken over while the disk refuses is known all the same, and not to the next one", async () => {
  const before = await Ledger.open(nowhere, new MemoryValues());
  await before.setWorkspaces({ local: "one", relays: {} });
  await before.setHandedOver({ team: ["b"] });
  before.set("a", { heads: ["h"], unsent: false });
  const value = await before.value();

  const values = new MemoryValues();
  const put = values.put.bind(values);
  values.put = () => Promise.reject(new Error("the disk is full"));
  const ledger = await Ledger.open(nowhere, values);
  await expect(ledger.adopt(value)).rejects.toThrow("the disk is full");
  expect(await ledger.value()).toEqual(value);
  expect(await (await Ledger.open(nowhere, values)).workspaces()).toBeNull();

  values.put = put;
  await ledger.setWorkspaces({ local: "one", relays: { "ws://127.0.0.1:1/sync": "list" } });
  expect((await ledger.workspaces())?.relays).toEqual({ "ws://127.0.0.1:1/sync": "list" });
});
