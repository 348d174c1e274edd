/**
 * The configuration file: JSON with comments, because of what is wrong in it the very line can be named.
 *
 * The parser is VS Code's own (`jsonc-parser`), which gives every key and value its place; parsers of TOML give
 * values without. Relative paths in a file are relative to it, so that it means the same from wherever it is read.
 */
import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { getNodeValue, parseTree, printParseErrorCode, type Node, type ParseError } from "jsonc-parser";
import { read, type Problem, type Read } from "./given.ts";
import { nearest } from "./nearest.ts";
import { keys } from "./settings.ts";

const words: Readonly<Record<string, string>> = {
  InvalidSymbol: "a word that is not true, false or null: texts stand in double quotes",
  InvalidNumberFormat: "a number that cannot be read",
  PropertyNameExpected: "a setting's name in double quotes must stand here",
  ValueExpected: "a value must stand here",
  ColonExpected: "a colon must stand between name and value",
  CommaExpected: "a comma is missing before this",
  CloseBraceExpected: "a closing } is missing before this",
  CloseBracketExpected: "a closing ] is missing before this",
  EndOfFileExpected: "the file goes on after its last }",
  UnexpectedEndOfComment: "a comment is not closed",
  UnexpectedEndOfString: "a text is not closed: its double quote is missing",
};

export function readConfigFile(file: string): readonly Read[] {
  let text: string;
  try {
    text = readFileSync(file, "utf8").replace(/^\uFEFF/, "");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    const why = code === "ENOENT" ? "there is no such file" : `it cannot be read (${String(code)})`;
    return [{ message: `${file}: ${why}: name a configuration file with --config FILE` }];
  }
  return parseConfig(text, file);
}

export function parseConfig(text: string, file: string): readonly Read[] {
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, { allowTrailingComma: true });
  const lineOf = (offset: number): number => text.slice(0, offset).split("\n").length;
  const [first] = errors;
  // The others mostly follow from the first.
  if (first && text.trim() !== "") {
    const code = printParseErrorCode(first.error);
    // "Something is missing" is found where the next thing stands; it belongs where the last one ended.
    const isLack = code.endsWith("Expected");
    const offset = isLack ? beforeBlanks(text, first.offset) : first.offset;
    const isOver = isLack && offset === beforeBlanks(text, text.length);
    const what = isOver ? "the file ends here, and a closing } is missing" : (words[code] ?? code);
    return [{ message: `${file}:${lineOf(offset)}: ${what}` }];
  }
  if (root?.type !== "object")
    return [{ message: `${file}:1: the file must be one object: write { "data": "/var/lib/deckle-relay" }` }];
  const firstLineByKey = new Map<string, number>();
  return [...settingsIn(root, "")].map(({ path, name, value }): Read => {
    const line = lineOf(name.offset);
    const where = `${file}:${line}: ${JSON.stringify(path)}`;
    const before = firstLineByKey.get(path);
    if (before !== undefined) return { message: `${where} is set twice, first on line ${before}: keep one` };
    firstLineByKey.set(path, line);
    const key = keys.find((each) => each === path);
    if (!key) return unknown(path, where);
    return read(key, getNodeValue(value), { kind: "file", file, line }, dirname(resolve(file)));
  });
}

interface Placed {
  readonly path: string;
  readonly name: Node;
  readonly value: Node;
}

/** Goes down where a group of settings has the name, and nowhere else. */
function* settingsIn(object: Node, prefix: string): Generator<Placed> {
  for (const { children: [name, value] = [] } of object.children ?? []) {
    if (!name || !value) continue;
    const path = `${prefix}${String(name.value)}`;
    const isGroup = keys.some((key) => key.startsWith(`${path}.`));
    if (isGroup && value.type === "object") yield* settingsIn(value, `${path}.`);
    else yield { path, name, value };
  }
}

function unknown(path: string, where: string): Problem {
  const members = keys.filter((key) => key.startsWith(`${path}.`));
  const [member] = members;
  if (member !== undefined) {
    const [group, name] = member.split(".");
    return {
      message: `${where} is a group of settings: write ${JSON.stringify(group)}: { ${JSON.stringify(name)}: … }`,
    };
  }
  return { message: `${where} is not a setting${meant(path)}` };
}

/** Also for a name that stands in the wrong group, or in none. */
function meant(path: string): string {
  const last = path.split(".").at(-1);
  const key = nearest(path, keys) ?? keys.find((each) => each.split(".").at(-1) === last);
  return key === undefined ? `: known are ${keys.join(", ")}` : `: did you mean ${JSON.stringify(key)}?`;
}

function beforeBlanks(text: string, offset: number): number {
  return text.slice(0, offset).replace(/(\s|\/\/[^\n]*|\/\*[\s\S]*?\*\/)+$/, "").length;
}
