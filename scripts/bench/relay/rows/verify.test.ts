/** The load generator against this checkout's relay: a bench with clients that nobody else speaks like measures nothing. */
import { join } from "node:path";
import { test } from "vitest";
import { root } from "../../../paths.ts";
import { Bench } from "../bench.ts";
import { verify } from "./verify.ts";

test("what light clients write is the same text for a reader, a newcomer and a stock client", async () => {
  const setting = {
    relayCli: join(root, "relay", "cli.ts"),
    relayNodeFlags: [],
    relayIsOpen: true,
    peersFolder: "",
    isPinned: false,
  };
  await Bench.run("ours", setting, verify);
}, 30_000);
