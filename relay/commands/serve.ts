/**
 * `deckle-relay serve`: a relay until SIGTERM or SIGINT. SIGHUP reads the certificate again; where there is none and
 * the relay runs in a terminal, the terminal was closed, and the relay ends with it.
 *
 * The first line on stdout is `listening ws://HOST:PORT/sync` (wss with TLS), and the only one: others wait for it. On
 * stderr are the log and, beside it, what a person must know before anybody can come in.
 */
import { mkdirSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { loadConfig, serveProblems } from "../config/effective.ts";
import { configFacts, printConfig } from "../config/print.ts";
import { metricsPlace, originsOf, type Config } from "../config/settings.ts";
import { startRelay, type Relay, type RelayOptions } from "../main.ts";
import type { OwnerInvite } from "../owner-invites.ts";
import { ownerInviteMs } from "../protocol/limits.ts";
import { openLog, stderrOutput, type Log } from "../server/log.ts";
import type { Report } from "../sync/ports.ts";
import { operandProblems, refuse, type Call, type ExitCode } from "./command.ts";

/**
 * V8 lets garbage grow to several times what lives before it collects, as if the machine were all its own: 2,000
 * clients took 460 MB of which 57 lived. Collecting at half as much again costs little, as most of it is concurrent.
 */
const heapGrowingPercent = 50;

export async function serve(call: Call): Promise<ExitCode> {
  const loaded = loadConfig(call.args, call.environment, { "print-config": true });
  if (!loaded.ok) return refuse(call, loaded.problems);
  const { effective, words } = loaded;
  const problems = [...operandProblems(words.operands, []), ...serveProblems(effective)];
  const { config } = effective;
  if (words.others.has("print-config")) {
    call.out(printConfig(effective));
    return problems.length > 0 ? refuse(call, problems) : 0;
  }
  if (problems.length > 0 || config.data === undefined) return refuse(call, problems);
  const log = openLog({ output: stderrOutput(), level: config["log.level"], nowMs: Date.now });
  log.report("configuration", configFacts(effective));
  const wanted = untilAsked(log, config);
  setFlagsFromString(`--heap-growing-percent=${heapGrowingPercent}`);
  try {
    // A new folder is for its owner only; of one that is there the operator has decided.
    mkdirSync(config.data, { recursive: true, mode: 0o700 });
    // Without its store a relay can only say no: whoever supervises it starts another.
    const died = Promise.withResolvers<"died">();
    const report: Report = (event, facts) => {
      log.report(event, facts);
      if (event === "store-died") died.resolve("died");
    };
    const relay = await startRelay({ ...optionsOf(config), data: config.data, report, rests: true });
    call.out(`listening ${relay.url}\n`);
    call.err(config.open ? openWords(relay) : ownerWords(await relay.inviteOwners()));
    const end = await Promise.race([wanted(relay), died.promise]);
    await relay.stop();
    await log.flush();
    return end === "died" ? 1 : 0;
  } catch (error) {
    await log.flush();
    call.err(`the relay did not start: ${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
}

function optionsOf(config: Config): Omit<RelayOptions, "data"> {
  const { host, port, url, open } = config;
  const place = metricsPlace(config.metrics);
  const [cert, key] = [config["tls.cert"], config["tls.key"]];
  return {
    host,
    port,
    ...(!open && { origins: url === undefined ? ("own-port" as const) : (originsOf(url) ?? []) }),
    connectionsMax: config["limits.connections"],
    blobMegabytesMax: config["limits.blobs"],
    ...(place?.at === "nowhere" && { metrics: "off" as const }),
    ...(place?.at === "own-port" && { metrics: { host: place.host, port: place.port } }),
    ...(cert !== undefined && key !== undefined && { tls: { cert, key } }),
  };
}

/** Listens to signals from now on, also to those that come while the relay starts. */
function untilAsked(log: Log, config: Config): (relay: Relay) => Promise<void> {
  let relay: Relay | undefined;
  const asked = new Promise<void>((resolve) => {
    const stop = (signal: NodeJS.Signals): void => {
      log.report("stopping", { signal });
      resolve();
    };
    process.on("SIGTERM", stop);
    process.on("SIGINT", stop);
    process.on("SIGHUP", (signal) => {
      if (config["tls.cert"] === undefined && process.stdout.isTTY) stop(signal);
      else relay?.reloadTls();
    });
  });
  return (started) => {
    relay = started;
    return asked;
  };
}

const openWords = ({ url }: Relay): string =>
  `This relay is open: whoever reaches ${url} may read and write everything. Without --open it lets in members only.\n`;

/** The links are secrets: they are said here, and nowhere in the log. */
function ownerWords(invites: readonly OwnerInvite[]): string {
  const days = ownerInviteMs / (24 * 3_600_000);
  const another = "`deckle-relay invite --role owner` makes another";
  return invites
    .map(({ name, link }) =>
      link === undefined
        ? `Nobody owns the workspace “${name}” yet. An owner was invited; if that link is lost, ${another}.\n`
        : `Nobody owns the workspace “${name}” yet. Whoever opens this link in Deckle first does:\n\n  ${link}\n\nIt is of use once, within ${days} days; ${another}.\n`,
    )
    .join("\n");
}
