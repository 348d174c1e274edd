/** What `--help` says, made from the table of settings. */
import { configVariable } from "../config/environment.ts";
import { flagOf, keys, settings, type Key } from "../config/settings.ts";

export const commandWords: Readonly<Record<string, readonly [operands: string, about: string]>> = {
  serve: ["", "run the relay"],
  health: ["", "ask the relay with these settings whether it is well"],
  invite: ["", "make a link by which somebody joins, or a member comes with another device"],
  members: ["", "list who is in a workspace, and who is invited; --json for programs"],
  devices: ["", "list with which devices they come; --json for programs"],
  role: ["MEMBER ROLE", "give a member another role: viewer, commenter, editor or owner"],
  revoke: ["ID", "end a device, a member with all devices, or an invite; at once, and for good"],
  audit: ["", "list what was done to who may do what, oldest first; --json for programs"],
  workspaces: ["[add NAME]", "list the workspaces, or make one more; --json for programs"],
  backup: ["FILE", "write a consistent copy of a workspace to a new file; the relay may be running"],
  restore: ["FILE", "make a workspace's store out of a backup; the relay must not be running"],
  recover: ["", "after a restore, let devices bring back for a while what others wrote"],
  verify: ["", "prove that everything that is stored is whole; exits 1 with a line for each finding"],
  stats: ["", "say how much is stored; --json for programs"],
  repair: [
    "",
    "make a new store of what is readable in a damaged one, which is kept beside; the relay must not be running",
  ],
};

export function generalHelp(): string {
  const commands = Object.entries(commandWords).map(([name, [operands, about]]) =>
    row(`${name} ${operands}`.trim(), about),
  );
  return [
    "usage: deckle-relay COMMAND [--data DIR] [FLAGS]",
    "",
    ...commands,
    "",
    row("COMMAND --help", "what a command takes"),
    row("--version", "the version"),
    "",
  ].join("\n");
}

const takenBy: Readonly<Record<string, readonly Key[]>> = {
  serve: keys,
  health: keys,
  invite: ["data", "url"],
  workspaces: ["data", "url"],
};

type Flag = readonly [flag: string, about: string];
const ofWorkspace: Flag = [
  "--workspace WORKSPACE",
  "which one, by its id, its name, or default; needed where there are several",
];
const idOfWorkspace: Flag = ["--workspace ID", "which one, by its whole id (the default one)"];
const json: Flag = ["--json", "for programs"];

const flagsOf: Readonly<Record<string, readonly Flag[]>> = {
  serve: [["--print-config", "print the settings in force and where each came from, and end"]],
  invite: [
    ["--role ROLE", "of who joins: viewer, commenter, editor or owner (editor)"],
    ["--member MEMBER", "for another device of this member instead, by id or name"],
    ["--uses N", "how many may join with it (1)"],
    ["--days N", "how long it is good for (7)"],
    ofWorkspace,
  ],
  members: [ofWorkspace, json],
  devices: [ofWorkspace, json],
  role: [ofWorkspace],
  revoke: [ofWorkspace],
  audit: [["--after N", "only what comes after this number"], ofWorkspace, json],
  workspaces: [json],
  backup: [["--all DIR", "copy each workspace into a file of this folder, instead of FILE"], ofWorkspace],
  restore: [
    ["--replace", "put it in the place of the store that is there, which is kept beside"],
    idOfWorkspace,
  ],
  recover: [["--hours N", "for how long; 0 ends it (24)"], ofWorkspace],
  verify: [["--workspace WORKSPACE", "this one only, by its id, its name, or default"]],
  stats: [
    ["--workspace WORKSPACE", "which one, by its id or its name (default)"],
    ["--json", "one JSON object"],
  ],
  repair: [idOfWorkspace],
};

export function helpOf(command: string): string {
  const [operands = "", about = ""] = commandWords[command] ?? [];
  const taken = takenBy[command] ?? (["data"] as const);
  return [
    `usage: deckle-relay ${[command, operands].join(" ").trim()} [FLAGS]`,
    "",
    `${about[0]?.toUpperCase()}${about.slice(1)}.`,
    "",
    ...taken.map((key) => row(`${flagOf(key)}${valueWord(key)}`, `${settings[key].about}${byDefault(key)}`)),
    row("--config FILE", "settings from a file, JSON with comments"),
    ...(flagsOf[command] ?? []).map((flag) => row(...flag)),
    "",
    `Every setting can also be a variable, DECKLE_RELAY_PORT for --port, and ${configVariable} names the file.`,
    "Flags come before variables, variables before the file.",
    "",
  ].join("\n");
}

const row = (left: string, right: string): string => `  ${left.padEnd(28)} ${right}`;

function valueWord(key: Key): string {
  switch (settings[key].kind) {
    case "path":
      return key === "data" ? " DIR" : " FILE";
    case "number":
      return " N";
    case "text":
      return ` ${key.split(".").at(-1)?.toUpperCase()}`;
    case "yes-no":
      return "";
  }
}

function byDefault(key: Key): string {
  const { default: value, kind } = settings[key];
  return value === undefined || kind === "yes-no" ? "" : ` (${value})`;
}
