/**
 * `relay serve --data DIR --port N [--host 127.0.0.1] --open`
 *
 * The first line on stdout is `listening ws://HOST:PORT/sync`; log lines go to stderr. Exit status: 0 after
 * SIGTERM or SIGINT, 1 if it could not start, 2 for a command line that must be changed.
 */
import { parseArgs } from "node:util";
import { startRelay, type RelayOptions } from "./main.ts";

const usage = "usage: relay serve --data DIR --port N [--host 127.0.0.1] --open";
const loopback: ReadonlySet<string> = new Set(["127.0.0.1", "::1", "localhost"]);

type Command =
  | { readonly ok: true; readonly options: RelayOptions }
  | { readonly ok: false; readonly message: string };

function readCommand(args: readonly string[]): Command {
  const refuse = (message: string): Command => ({ ok: false, message });
  let parsed;
  try {
    parsed = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        data: { type: "string" },
        port: { type: "string" },
        host: { type: "string", default: "127.0.0.1" },
        open: { type: "boolean", default: false },
      },
    });
  } catch (error) {
    return refuse(`${error instanceof Error ? error.message.split(". ")[0] : "unreadable flags"}; ${usage}`);
  }
  const { positionals, values } = parsed;
  if (positionals.length !== 1 || positionals[0] !== "serve")
    return refuse(`the only command is serve; ${usage}`);
  const { data, host, open } = values;
  if (!data)
    return refuse("--data is missing: name the folder to keep documents in, e.g. --data ./relay-data");
  const port = /^\d{1,5}$/.test(values.port ?? "") ? Number(values.port) : Number.NaN;
  if (!(port <= 65_535))
    return refuse("--port is missing or not a port: give a number from 0 (any free one) to 65535");
  if (!open) {
    return refuse(
      "only the open mode exists yet, in which anyone on this machine may read and write: ask for it with --open",
    );
  }
  if (!loopback.has(host)) return refuse(`--open is for loopback only, not ${host}: use --host 127.0.0.1`);
  return { ok: true, options: { data, port, host } };
}

async function main(): Promise<void> {
  const command = readCommand(process.argv.slice(2));
  if (!command.ok) {
    process.stderr.write(`${command.message}\n`);
    process.exitCode = 2;
    return;
  }
  try {
    const relay = await startRelay(command.options);
    process.stdout.write(`listening ${relay.url}\n`);
    const stop = (): void => void relay.stop().then(() => process.exit(0));
    process.on("SIGTERM", stop);
    process.on("SIGINT", stop);
  } catch (error) {
    process.stderr.write(
      `the relay did not start: ${error instanceof Error ? error.message : String(error)}\n`,
    );
    process.exitCode = 1;
  }
}

await main();
