/** What a peer may bring is asked for each change: also of an upload that is worked off for a while. */
import { expect, test } from "vitest";
import { chain } from "../harness-flood.ts";
import { syncMessage } from "../harness-forge.ts";
import { documentId, FakeConnection, World } from "../harness-world.ts";
import type { Refused } from "../protocol/messages.ts";

/** One that may bring so many changes, and then not any more. */
class Revoked extends FakeConnection {
  left: number;
  readonly refusals: Refused[] = [];
  constructor(id: number, left: number) {
    super(id);
    this.left = left;
  }
  override refusalOf(): Refused | undefined {
    return this.left-- > 0 ? undefined : "read-only";
  }
  override refused(_documentId: string, why: Refused): void {
    this.refusals.push(why);
  }
}

function upload(world: World, connection: FakeConnection, count: number): void {
  const changes = chain(count);
  const data = syncMessage({
    heads: changes.slice(-1).map(({ hash }) => hash),
    changes: changes.map(({ bytes }) => bytes),
  });
  world.hubs[0]?.receive(connection.id, { type: "sync", senderId: connection.peerId, documentId, data });
}

test("attack: a long upload goes on after its device was revoked: the rest of it is not kept", async () => {
  const world = new World(0);
  const connection = new Revoked(1, 600);
  world.hubs[0]?.join(connection);
  upload(world, connection, 1_000);
  await world.pump();
  expect(world.log.rows).toHaveLength(600);
  expect(connection.refusals).toEqual(["read-only"]);
});

test("an upload whose connection was lost is worked off, and kept", async () => {
  const world = new World(0);
  const connection = new Revoked(1, 1_000);
  world.hubs[0]?.join(connection);
  upload(world, connection, 1_000);
  world.hubs[0]?.leave(connection.id);
  await world.pump();
  expect(world.log.rows).toHaveLength(1_000);
});
