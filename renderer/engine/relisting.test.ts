/** Engines on a disk that takes a document and refuses the list that it is in. */
import { beforeAll, expect, test } from "vitest";
import { until } from "../../relay/harness.ts";
import { useAutomerge } from "../../scripts/automerge.ts";
import { assemble } from "./assemble.ts";
import { MemoryValues } from "./database.ts";
import type { Entry, Key } from "./disk.ts";
import { FakeClock } from "./fake-clock.ts";
import { FakeCopy, FakeDisk, FakeJournal } from "./fake-places.ts";
import { Ledger } from "./ledger.ts";
import type { FromEngine } from "./port.ts";
import { Renderings } from "./renderings.ts";

beforeAll(useAutomerge);

class PickyDisk extends FakeDisk {
  refused: string | null = null;

  override write(put: readonly Entry[], remove: readonly Key[]): Promise<void> {
    if (put.some(({ key }) => key[0] === this.refused)) return Promise.reject(new Error("the disk is full"));
    return super.write(put, remove);
  }
}

class PickyCopy extends FakeCopy {
  refused: string | null = null;

  override keep(...[document, name, bytes]: Parameters<FakeCopy["keep"]>): Promise<void> {
    if (document === this.refused) return Promise.reject(new Error("the disk is full"));
    return super.keep(document, name, bytes);
  }
}

/** What outlives an engine. */
class Machine {
  readonly disk = new PickyDisk();
  readonly copy = new PickyCopy();
  readonly values = new MemoryValues();
  readonly journal = new FakeJournal();

  async start(): Promise<{
    ledger: Ledger;
    made: (title: string) => Promise<string>;
    listed: () => string[];
  }> {
    const place = { relay: null, workspace: null };
    const ledger = await Ledger.open(place, this.values);
    const { engine } = await assemble({
      place,
      device: "00112233445566ff",
      ledger,
      disk: this.disk,
      copy: this.copy,
      clock: new FakeClock(),
      random: () => 0.5,
      randomBytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
      renderings: new Renderings(new MemoryValues()),
      journal: this.journal,
      persisted: () => Promise.resolve(true),
      lock: "engine",
    });
    const said: FromEngine[] = [];
    const say = engine.connect((message) => said.push(message));
    let requests = 0;
    const made = async (title: string): Promise<string> => {
      const request = ++requests;
      say({ type: "create", request, title });
      const answer = (): FromEngine | undefined =>
        said.find(
          (message) => "request" in message && message.type !== "ticket" && message.request === request,
        );
      await until("answered", () => answer() !== undefined);
      const created = answer();
      return created?.type === "created" ? created.document : JSON.stringify(created);
    };
    const listed = (): string[] =>
      (said.findLast((message) => message.type === "library")?.entries ?? []).map(({ title }) => title);
    return { ledger, made, listed };
  }
}

test("a document whose entry the disk refused is listed after a crash, once", async () => {
  const machine = new Machine();
  const before = await machine.start();
  await before.made("first");
  const list = (await before.ledger.workspaces())?.local ?? "";
  machine.disk.refused = machine.copy.refused = list;
  await before.made("second");
  machine.disk.refused = machine.copy.refused = null;

  const after = await machine.start();
  await until("listed", () => after.listed().length === 2);
  expect(after.listed().toSorted()).toEqual(["first", "second"]);
  await until("kept", async () => {
    const again = await machine.start();
    return again.listed().toSorted().join() === "first,second";
  });
});

test("what another place has is listed by that alone", async () => {
  const machine = new Machine();
  const before = await machine.start();
  await before.made("first");
  const document = await (async () => {
    const list = (await before.ledger.workspaces())?.local ?? "";
    machine.disk.refused = machine.copy.refused = list;
    const made = await before.made("moved");
    machine.disk.refused = machine.copy.refused = null;
    return made;
  })();
  const there = { relay: "wss://relay.example.org/sync", workspace: "2Guzworkspace" };
  const elsewhere = await Ledger.open(there, machine.values);
  await elsewhere.setDurably(document, { heads: [], unsent: true });

  const after = await machine.start();
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(after.listed()).toEqual(["first"]);
});
