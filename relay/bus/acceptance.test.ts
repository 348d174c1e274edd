/** What any Bus must do. A new implementation adds itself to `buses`. */
import { describe, expect, test } from "vitest";
import type { Bus } from "./bus.ts";
import { LocalBus } from "./local.ts";

const buses: [string, () => Bus][] = [["local", () => new LocalBus()]];
const delivered = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

describe.each(buses)("%s", (_name, open) => {
  test("others hear, the publisher does not, nobody after unsubscribing or stop", async () => {
    const bus = open();
    const heard: string[] = [];
    bus.subscribe("a", (id) => heard.push(`a ${id}`));
    const leave = bus.subscribe("b", (id) => heard.push(`b ${id}`));
    bus.subscribe("c", (id) => heard.push(`c ${id}`));
    bus.publish("a", ["1", "2"]);
    expect(heard).toEqual([]);
    await delivered();
    expect(heard.sort()).toEqual(["b 1", "b 2", "c 1", "c 2"]);
    leave();
    bus.publish("a", ["3"]);
    await delivered();
    expect(heard.filter((each) => each.endsWith("3"))).toEqual(["c 3"]);
    await bus.stop();
    bus.publish("a", ["4"]);
    await delivered();
    expect(heard.filter((each) => each.endsWith("4"))).toEqual([]);
  });
});
