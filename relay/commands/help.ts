/** What `--help` says, made from the table of settings. */
import { configVariable } from "../config/environment.ts";
import { flagOf, keys, settings, type Key } from "../config/settings.ts";

export const commandWords: Readonly<Record<string, readonly [operands: string, about: string]>> = {
  serve: ["", "run the relay"],
  health: ["", "ask the relay with these settings whether it is well"],
  verify: ["", "prove that everything that is stored is whole; exits 1 with a line for each finding"],
  backup: ["FILE", "write a consistent copy of the store to a new file; the relay may be running"],
  restore: ["FILE", "make a data folder's store out of a backup; the relay must not be running"],
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

export function helpOf(command: string): string {
  const [operands = "", about = ""] = commandWords[command] ?? [];
  const taken: readonly Key[] = command === "serve" || command === "health" ? keys : ["data"];
  const extra: Readonly<Record<string, readonly string[]>> = {
    serve: [row("--print-config", "print the settings in force and where each came from, and end")],
    stats: [row("--json", "one JSON object")],
    restore: [row("--replace", "put it in the place of the store that is there, which is kept beside")],
  };
  return [
    `usage: deckle-relay ${[command, operands].join(" ").trim()} [FLAGS]`,
    "",
    `${about[0]?.toUpperCase()}${about.slice(1)}.`,
    "",
    ...taken.map((key) => row(`${flagOf(key)}${valueWord(key)}`, `${settings[key].about}${byDefault(key)}`)),
    row("--config FILE", "settings from a file, JSON with comments"),
    ...(extra[command] ?? []),
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
