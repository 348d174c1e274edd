/** Finds the command that the words name. What they are about to do is theirs. */
import { nearest } from "../config/nearest.ts";
import { audit } from "./audit.ts";
import { backup } from "./backup.ts";
import type { Call, Command, ExitCode } from "./command.ts";
import { devices } from "./devices.ts";
import { health } from "./health.ts";
import { generalHelp, helpOf } from "./help.ts";
import { invite } from "./invite.ts";
import { members } from "./members.ts";
import { recover } from "./recover.ts";
import { repair } from "./repair.ts";
import { restore } from "./restore.ts";
import { revoke } from "./revoke.ts";
import { role } from "./role.ts";
import { serve } from "./serve.ts";
import { stats } from "./stats.ts";
import { verify } from "./verify.ts";
import { version } from "./version.ts";
import { workspaces } from "./workspaces.ts";

const commands: Readonly<Record<string, Command>> = {
  serve,
  health,
  invite,
  members,
  devices,
  role,
  revoke,
  audit,
  workspaces,
  backup,
  restore,
  recover,
  verify,
  stats,
  repair,
};

export async function dispatch(words: readonly string[], call: Omit<Call, "args">): Promise<ExitCode> {
  const [name = "", ...args] = words;
  if (name === "--version") {
    call.out(`${version()}\n`);
    return 0;
  }
  if (name === "--help" || name === "-h" || name === "help") {
    call.out(generalHelp());
    return 0;
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!command) {
    const meant = nearest(name, Object.keys(commands));
    const hint = meant ? `did you mean ${meant}?` : `known are ${Object.keys(commands).join(", ")}`;
    call.err(`${name ? `${JSON.stringify(name)} is not a command` : "a command is missing"}: ${hint}\n`);
    return 2;
  }
  if (args.includes("--help") || args.includes("-h")) {
    call.out(helpOf(name));
    return 0;
  }
  return command({ ...call, args });
}
