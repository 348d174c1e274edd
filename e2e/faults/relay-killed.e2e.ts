/** FAULT_RELAY_KILLS sets how often. */
import { randomInt } from "node:crypto";
import { test } from "vitest";
import { seededRandom } from "../../scripts/faults/link.ts";
import { useStage } from "../stage.ts";
import { pause } from "./hands.ts";
import { bothHave, twoPeople } from "./two.ts";

const stage = useStage();
const kills = Number(process.env["FAULT_RELAY_KILLS"] ?? 5);
const seed = Number(process.env["FAULT_SEED"] ?? randomInt(2 ** 31));
const random = seededRandom(seed);

test(`the relay is killed ${kills} times while two people go on typing (seed ${seed}): all words are there, once, and no claim was false`, async () => {
  const data = await stage.folder();
  let relay = await stage.serve(data);
  const { port, url } = relay;
  const two = await twoPeople(stage, data, "Killed", [url, url]);
  for (const [who, { page }] of two.people.entries()) two.hands[who === 0 ? 0 : 1].start(page, 60);
  for (let round = 0; round < kills; round++) {
    await pause(200 + 700 * random());
    await stage.end(relay, "kill");
    await pause(100 * random());
    relay = await stage.serve(data, port);
    // Now and then a pause, long enough for the status to say that all is on the relay.
    if (round % 5 !== 3) continue;
    for (const hands of two.hands) await hands.rest();
    await pause(1_500);
    for (const [who, { page }] of two.people.entries()) two.hands[who === 0 ? 0 : 1].start(page, 60);
  }
  for (const hands of two.hands) await hands.rest();
  await bothHave(two, 60_000, `the relay killed ${kills} times`);
}, 300_000);
