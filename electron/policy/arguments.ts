/**
 * The command line of Deckle. Chromium's and Electron's own switches share it, so what is not known here
 * is returned, for the caller to refuse (`npm start`) or to leave alone (the main process).
 *
 * The system starts us with the link that a person opened, after `--`: whoever wrote the link may have tried
 * to make several words of it, so no switch counts there.
 */
import { inviteAmong } from "./invitation.ts";
import { importsMax, profileCharactersMax } from "./limits.ts";

export interface Arguments {
  readonly profile: string;
  /** As typed: whether it can be used, `parseRelayUrl` says. */
  readonly relay: string | null;
  /** Markdown files to import, in order. */
  readonly imports: readonly string[];
  readonly headless: boolean;
  /** Where to save a picture of the window once it shows something. */
  readonly screenshot: string | null;
  /** The link of an invite. */
  readonly invite: string | null;
  readonly unknown: readonly string[];
}

export type ParsedArguments =
  | { readonly ok: true; readonly value: Arguments }
  | { readonly ok: false; readonly message: string };

export const defaultProfile = "default";

/** It names a folder: letters, digits, - and _, no dots, so it can never lead anywhere else. */
const profilePattern = /^[A-Za-z0-9][A-Za-z0-9_-]*$/;

export function parseArguments(words: readonly string[]): ParsedArguments {
  let profile = defaultProfile;
  let relay: string | null = null;
  let screenshot: string | null = null;
  let headless = false;
  const imports: string[] = [];
  const unknown: string[] = [];

  const end = words.indexOf("--");
  const waiting = (end < 0 ? words : words.slice(0, end)).values();
  for (const word of waiting) {
    const [name, inline] = split(word);
    if (name === "--headless" && inline === undefined) {
      headless = true;
      continue;
    }
    if (!takesValue.has(name)) {
      if (inviteAmong([word]) === null) unknown.push(word);
      continue;
    }
    const value = inline ?? next(waiting);
    if (value === undefined || value === "" || (inline === undefined && value.startsWith("--"))) {
      return { ok: false, message: `${name} needs a value after it.` };
    }
    if (name === "--profile") profile = value;
    else if (name === "--relay") relay = value;
    else if (name === "--screenshot") screenshot = value;
    else imports.push(value);
  }

  if (!profilePattern.test(profile) || profile.length > profileCharactersMax) {
    return {
      ok: false,
      message: `A profile's name is up to ${profileCharactersMax} letters, digits, - and _; ${JSON.stringify(profile)} is not.`,
    };
  }
  if (imports.length > importsMax)
    return { ok: false, message: `At most ${importsMax} files can be imported at once.` };
  if (end >= 0) unknown.push(...words.slice(end).filter((word) => inviteAmong([word]) === null));
  const invite = inviteAmong(words);
  return { ok: true, value: { profile, relay, imports, headless, screenshot, invite, unknown } };
}

const takesValue: ReadonlySet<string> = new Set(["--profile", "--relay", "--import", "--screenshot"]);

/** Takes the word after the current one, so that the loop over them does not see it. */
function next(words: Iterator<string>): string | undefined {
  const { value, done } = words.next();
  return done ? undefined : value;
}

function split(word: string): [name: string, inline: string | undefined] {
  const at = word.indexOf("=");
  return word.startsWith("--") && at > 0 ? [word.slice(0, at), word.slice(at + 1)] : [word, undefined];
}
