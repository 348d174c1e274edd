/**
 * The contract between a window and the main process. The only file that both may import.
 *
 * Every call a window can make is one entry of `calls`: a channel, the schema of its arguments, the
 * schema of its answer. Main parses the arguments before it acts; preload exposes nothing else.
 * Expected failures are values (`Failure`), never rejections: a rejection is a bug.
 */
import { z } from "zod";

/** What a person reads when something did not work: what happened, and what to do now. */
export const failure = z.object({ ok: z.literal(false), code: z.string(), message: z.string() });
export type Failure = z.infer<typeof failure>;

/** Why the app runs as it does; the window shows what matters of it. */
export const configuration = z.object({
  profile: z.string(),
  /** The relay to sync with; `null` is a profile that writes alone. */
  relay: z.string().nullable(),
  /** A relay setting that is not a usable URL, with the words to show. */
  relayProblem: z.string().nullable(),
  version: z.string(),
  /** True where the Electron is the test stand-in: shown in the window, never in a release. */
  standIn: z.boolean(),
});
export type Configuration = z.infer<typeof configuration>;

/** A text file as read from disk: decoded, within the size limit. */
const textFile = z.object({ name: z.string(), text: z.string() });

/** One file that was asked for: its text, or why it could not be read. */
export const fileResult = z.discriminatedUnion("ok", [
  z.object({ ok: z.literal(true), file: textFile }),
  failure,
]);
export type FileResult = z.infer<typeof fileResult>;

export const calls = {
  configuration: { channel: "deckle:configuration", args: z.tuple([]), answer: configuration },
  /** Shows the open dialog; an empty list means that the person cancelled. */
  pickMarkdown: { channel: "deckle:pick-markdown", args: z.tuple([]), answer: z.array(fileResult) },
  /** Files named on the command line (`--import FILE`), each handed out once. */
  filesToImport: { channel: "deckle:files-to-import", args: z.tuple([]), answer: z.array(fileResult) },
  /** Opens an https or mailto link in the person's browser; anything else is refused. */
  openLink: {
    channel: "deckle:open-link",
    args: z.tuple([z.string().max(8192)]),
    answer: z.union([z.object({ ok: z.literal(true) }), failure]),
  },
  /** Sets or clears the relay of this profile; main reloads the window with the new CSP on success. */
  setRelay: {
    channel: "deckle:set-relay",
    args: z.tuple([z.string().max(2048).nullable()]),
    answer: z.union([z.object({ ok: z.literal(true) }), failure]),
  },
  /** The window has handed everything typed to the engine and it is durable; it may close now. */
  readyToClose: { channel: "deckle:ready-to-close", args: z.tuple([]), answer: z.null() },
  /** Something typed is not durable and the window has said so: it must not close (or quit) now. */
  keepOpen: { channel: "deckle:keep-open", args: z.tuple([]), answer: z.null() },
} as const;
export type CallName = keyof typeof calls;

/** What main tells a window. */
export const commands = ["new-document", "import", "settings", "undo", "redo"] as const;
export const notice = z.discriminatedUnion("type", [
  /** A menu item or accelerator. */
  z.object({ type: z.literal("command"), command: z.enum(commands) }),
  /** The window is about to close: flush, then call `readyToClose` or `keepOpen`. */
  z.object({ type: z.literal("closing") }),
]);
export type Notice = z.infer<typeof notice>;
export const noticeChannel = "deckle:notice";

/** What preload puts on `window.deckle`. */
export type Bridge = {
  [Name in CallName]: (
    ...args: z.infer<(typeof calls)[Name]["args"]>
  ) => Promise<z.infer<(typeof calls)[Name]["answer"]>>;
} & {
  /** Calls `listener` for each notice; returns a function that stops it. */
  onNotice(listener: (notice: Notice) => void): () => void;
};
