/** What the HTTP API about access answers while nobody can be told from anybody else. */
import { expect, test } from "vitest";
import { idOfSecret, Stand, TestDevice, workspace } from "../harness-access.ts";
import { makeDocumentId } from "../store/documentId.ts";
import { AccessApi } from "./access-api.ts";

test("while the records cannot be read nobody is told that they are none, and then it goes on", async () => {
  const stand = await Stand.open();
  const api = new AccessApi(stand.door);
  const owner = await stand.join("owner");
  const { secret } = await stand.invite("editor");
  const asked = (body: object) => ({ body, ticket: undefined, address: "address" });
  const names = { name: "Ada", deviceName: "Laptop" };
  const answers = async (at: string) => {
    const proof = owner.prove("sync", stand.nonce(), {}, { workspace: at });
    const meant = { workspace: at, invite: idOfSecret(secret) };
    const taking = new TestDevice().prove("accept", stand.nonce(), {}, meant);
    return [
      await api.answer("ticket", asked({ workspace: at, ...proof })),
      await api.answer("offer", asked({ workspace: at, secret })),
      await api.answer("accept", asked({ workspace: at, ...taking, secret, ...names })),
    ].map((each) => (each.ok ? "done" : each.refused));
  };
  stand.records.failing = true;
  await stand.access.refresh();
  expect(await answers(workspace)).toEqual(["unavailable", "unavailable", "unavailable"]);
  // A workspace that is not there is no trouble of the relay's.
  const nobodys = ["forbidden", "invite-invalid", "invite-invalid"];
  expect(await answers(makeDocumentId())).toEqual(nobodys);
  stand.records.failing = false;
  await stand.access.refresh();
  expect(await answers(workspace)).toEqual(["done", "done", "done"]);
});
