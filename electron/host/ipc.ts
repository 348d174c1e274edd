/**
 * The only door between the windows and main. Every call is checked before it reaches its answer: who
 * asks (the main frame of one of our windows, on our origin, nothing else) and what (the schema of the
 * call). Answers are parsed too, so that nothing leaves main that the contract does not name.
 */
import { BrowserWindow, ipcMain, type IpcMainInvokeEvent } from "electron";
import type { z } from "zod";
import { calls, notice, noticeChannel, type CallName, type Notice } from "../ipc.ts";
import { appOrigin } from "../policy/origin.ts";

type Arguments<Name extends CallName> = z.infer<(typeof calls)[Name]["args"]>;
type Answer<Name extends CallName> = z.infer<(typeof calls)[Name]["answer"]>;

export type Answers = {
  [Name in CallName]: (
    window: BrowserWindow,
    ...words: Arguments<Name>
  ) => Answer<Name> | Promise<Answer<Name>>;
};

/** Call once. A call that is refused rejects in the window: only a bug or an attack gets there. */
export function answerCalls(answers: Answers): void {
  for (const name of Object.keys(calls) as CallName[]) answerCall(name, answers);
}

function answerCall<Name extends CallName>(name: Name, answers: Answers): void {
  const { channel, args, answer } = calls[name];
  ipcMain.handle(channel, async (event, ...words: unknown[]) => {
    const window = senderWindow(event);
    if (window === null) throw new Error(`${channel}: refused, not from a window of Deckle`);
    const parsed = args.safeParse(words);
    if (!parsed.success) throw new Error(`${channel}: refused, the arguments do not fit`);
    // The schema belongs to this name: TypeScript cannot follow that through the union of all calls.
    return answer.parse(await answers[name](window, ...(parsed.data as Arguments<Name>)));
  });
}

/**
 * The window that asks; null for subframes, frames already gone, other origins, and anything without a
 * window.
 */
function senderWindow({ senderFrame, sender }: IpcMainInvokeEvent): BrowserWindow | null {
  if (!senderFrame || senderFrame.parent !== null || senderFrame.origin !== appOrigin) return null;
  return BrowserWindow.fromWebContents(sender);
}

export function sendNotice(window: BrowserWindow, message: Notice): void {
  if (!window.isDestroyed()) window.webContents.send(noticeChannel, notice.parse(message));
}
