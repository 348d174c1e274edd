/**
 * A network that takes 5 s there and back and cuts three of ten connections every few seconds, for FAULT_MINUTES; and
 * one that is half open: it takes everything, hands on nothing and tells nobody.
 */
import { randomInt } from "node:crypto";
import { expect, test } from "vitest";
import { seededRandom } from "../../scripts/faults/link.ts";
import { FaultProxy } from "../../scripts/faults/proxy.ts";
import { status, statusOf, type, whenText } from "../page.ts";
import { Recorder } from "../recorder.ts";
import { useStage } from "../stage.ts";
import { pause } from "./hands.ts";
import { bothHave, twoPeople } from "./two.ts";

const stage = useStage();
const minutes = Number(process.env["FAULT_MINUTES"] ?? 0.5);
const seed = Number(process.env["FAULT_SEED"] ?? randomInt(2 ** 31));
const random = seededRandom(seed);
/** Each way. */
const delayMs = 2_500;
const cutEveryMs = 6_000;
const cutProbability = 0.3;

async function proxyTo(port: number): Promise<FaultProxy> {
  const proxy = await FaultProxy.listen({ to: { port }, seed });
  stage.also(() => proxy.stop());
  return proxy;
}
const urlOf = (proxy: FaultProxy): string => `ws://127.0.0.1:${proxy.port}/sync`;

test(
  `${minutes} minutes of 5 s latency and cut connections (seed ${seed}): both have all words after it, and no claim was false`,
  async () => {
    const data = await stage.folder();
    const relay = await stage.serve(data);
    const proxies = [await proxyTo(relay.port), await proxyTo(relay.port)] as const;
    const two = await twoPeople(stage, data, "Slow", [urlOf(proxies[0]), urlOf(proxies[1])]);
    for (const proxy of proxies) proxy.set({ delayMs, jitterMs: 500 });
    let cuts = 0;
    const until = performance.now() + minutes * 60_000;
    while (performance.now() < until) {
      for (const [who, { page }] of two.people.entries()) two.hands[who === 0 ? 0 : 1].start(page, 150);
      await pause(cutEveryMs * (0.5 + random()));
      for (const hands of two.hands) await hands.rest();
      for (const proxy of proxies) {
        if (random() >= cutProbability || proxy.open === 0) continue;
        proxy.cut(random() < 0.5 ? "reset" : "end");
        cuts++;
      }
    }
    const accepted = proxies.reduce((sum, proxy) => sum + proxy.accepted, 0);
    for (const proxy of proxies) proxy.heal();
    const healedAtMs = performance.now();
    await bothHave(two, 60_000, "a bad network");
    const tookMs = performance.now() - healedAtMs;
    console.log(
      `${cuts} cuts, ${accepted} connections; ${two.hands.map(({ text }) => text.length).join(" and ")} letters; level ${(tookMs / 1000).toFixed(1)} s after it was healed`,
    );
  },
  180_000 + minutes * 90_000,
);

test("a network that is half open: the status stops claiming a connection within 40 s, and says so of nothing typed after", async () => {
  const data = await stage.folder();
  const relay = await stage.serve(data);
  const proxy = await proxyTo(relay.port);
  const app = await stage.launch(data, "half", urlOf(proxy));
  await type(app.page, "Before.");
  await status(app.page, /^Saved on this device · On the relay$/);
  const recorder = new Recorder(`${data}/relay`);
  await recorder.watch(app.page);
  proxy.halfOpen();
  const startedAtMs = performance.now();
  await type(app.page, " After.");
  await expect.poll(() => statusOf(app.page), { timeout: 45_000 }).toMatch(/Relay unreachable · 1 change/);
  console.log(`half open is said after ${((performance.now() - startedAtMs) / 1000).toFixed(1)} s`);
  proxy.heal();
  await status(app.page, /^Saved on this device · On the relay$/);
  await whenText(app.page, "Before. After.");
  await recorder.settle(app.page);
  recorder.check("half open");
});
