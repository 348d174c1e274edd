/**
 * A relay process for tests whose times are shorter than an operator would set: `node relay/tuned.ts JSON`, where
 * JSON is `{ data, port?, times?, members? }`. Otherwise it is the same relay, with the same first line as
 * `cli.ts serve`: open, or with `members` one that lets in members only and prints the first owner's link on stderr.
 */
import { z } from "zod";
import { startRelay } from "./main.ts";

const times = z.object({
  pingMs: z.number().optional(),
  silenceMs: z.number().optional(),
  outboundStuckMs: z.number().optional(),
  drainMs: z.number().optional(),
  joinDeadlineMs: z.number().optional(),
  idleRoomMs: z.number().optional(),
});
const options = z.object({
  data: z.string(),
  port: z.number().default(0),
  times: times.default({}),
  members: z.boolean().default(false),
});

const { data, port, times: given, members } = options.parse(JSON.parse(process.argv[2] ?? ""));
const defined = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
const relay = await startRelay({
  data,
  port,
  times: defined,
  ...(members && { origins: "own-port" as const }),
});
process.stdout.write(`listening ${relay.url}\n`);
for (const { link = "" } of members ? await relay.inviteOwners() : []) process.stderr.write(`${link}\n`);
process.on("SIGTERM", () => void relay.stop().then(() => process.exit(0)));
