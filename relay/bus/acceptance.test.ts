/** What any Bus must do. A new implementation adds itself to `buses`. */
import { describe, expect, test } from "vitest";
import type { Bus, News } from "./bus.ts";
import { LocalBus } from "./local.ts";

const buses: [string, () => Bus][] = [["local", () => new LocalBus()]];
const delivered = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));
const documents = (...documentIds: string[]): News => ({ kind: "documents", workspace: "w", documentIds });
const access: News = { kind: "access", workspace: "w" };

describe.each(buses)("%s", (_name, open) => {
  test("others hear, the publisher does not, nobody after unsubscribing or stop", async () => {
    const bus = open();
    const heard: [node: string, news: News][] = [];
    const by = (news: News): string[] => heard.filter((each) => each[1] === news).map(([node]) => node);
    bus.subscribe("a", (news) => heard.push(["a", news]));
    const leave = bus.subscribe("b", (news) => heard.push(["b", news]));
    bus.subscribe("c", (news) => heard.push(["c", news]));
    const [first, second, third] = [documents("1", "2"), documents("3"), documents("4")];
    bus.publish("a", first);
    bus.publish("b", access);
    expect(heard).toEqual([]);
    await delivered();
    expect([by(first).sort(), by(access).sort()]).toEqual([
      ["b", "c"],
      ["a", "c"],
    ]);
    leave();
    bus.publish("a", second);
    await delivered();
    expect(by(second)).toEqual(["c"]);
    await bus.stop();
    bus.publish("a", third);
    await delivered();
    expect(by(third)).toEqual([]);
  });
});
