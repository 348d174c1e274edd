/**
 * The operator's line to a running relay: a local socket in its data folder, for that folder's owner only.
 *
 * The store's file is locked by the relay, so a backup that is taken meanwhile has to be taken by it. One line of
 * JSON in, one out, then the socket ends. Not reachable over a network; whoever may connect owns the files anyway.
 */
import { createHash } from "node:crypto";
import { chmodSync, mkdtempSync, renameSync, rmdirSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { join, resolve } from "node:path";
import { z } from "zod";
import { hash, memberId } from "../access/records.ts";
import { isDocumentId } from "../protocol/ids.ts";
import {
  controlPathBytesMax,
  controlRequestBytesMax,
  controlRequestMs,
  controlSocketsMax,
  inviteMsMax,
  inviteUsesMax,
  recoverMsMax,
} from "../protocol/limits.ts";
import { roles } from "../protocol/roles.ts";
import type { Report } from "../sync/ports.ts";

/** Of a workspace, its document id; the default one if absent. */
const workspace = z.string().refine(isDocumentId).exactOptional();
const role = z.enum(roles);

export const controlRequest = z.discriminatedUnion("command", [
  z.object({ command: z.literal("backup"), workspace, file: z.string().min(1) }),
  z.object({ command: z.literal("stats"), workspace }),
  z.object({ command: z.literal("verify"), workspace }),
  z.object({ command: z.literal("workspaces") }),
  z.object({ command: z.literal("add-workspace"), name: z.string().min(1) }),
  z.object({ command: z.literal("people"), workspace }),
  z.object({ command: z.literal("audit"), workspace, after: z.int().min(0) }),
  z.object({
    command: z.literal("invite"),
    workspace,
    id: hash,
    role,
    member: memberId.exactOptional(),
    uses: z.int().min(1).max(inviteUsesMax),
    lastsMs: z.int().min(1).max(inviteMsMax),
  }),
  z.object({ command: z.literal("withdraw"), workspace, invite: hash }),
  z.object({ command: z.literal("revoke"), workspace, device: hash }),
  z.object({ command: z.literal("remove"), workspace, member: memberId }),
  z.object({ command: z.literal("role"), workspace, member: memberId, role }),
  z.object({ command: z.literal("recover"), workspace, lastsMs: z.int().min(0).max(recoverMsMax) }),
]);
export type ControlRequest = z.infer<typeof controlRequest>;
export const controlAnswer = z.discriminatedUnion("ok", [
  z.object({ ok: z.literal(true), result: z.unknown() }),
  z.object({ ok: z.literal(false), reason: z.string() }),
]);
export type ControlAnswer = z.infer<typeof controlAnswer>;

/** What JSON can hold; undefined where there is nothing to say. Rejects with words for the operator. */
export type ControlHandler = (request: ControlRequest) => Promise<unknown>;

/** Where a relay on this folder listens; undefined where the path is longer than a local socket's may be. */
export function controlPath(dataFolder: string): string | undefined {
  const folder = resolve(dataFolder);
  if (process.platform === "win32")
    return `\\\\.\\pipe\\deckle-relay-${createHash("sha256").update(folder.toLowerCase()).digest("hex").slice(0, 32)}`;
  const path = join(folder, "relay.sock");
  return Buffer.byteLength(path) <= controlPathBytesMax ? path : undefined;
}

export class Control {
  readonly #server: Server;
  readonly #handle: ControlHandler;
  readonly #sockets = new Set<Socket>();
  #path: string | undefined;

  private constructor(handle: ControlHandler) {
    this.#handle = handle;
    // Half-open: the program may end its side with its line and still wait for the answer.
    this.#server = createServer({ allowHalfOpen: true }, (socket) => this.#serve(socket));
    this.#server.maxConnections = controlSocketsMax;
  }

  /** A relay without it still relays: what is wrong is reported. Only who holds the store's lock may open it. */
  static async open(dataFolder: string, handle: ControlHandler, report: Report): Promise<Control> {
    const control = new Control(handle);
    try {
      await control.#listen(dataFolder);
      control.#server.on("error", (error) => report("control-failed", { reason: error.message }));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      report("control-failed", { reason });
    }
    return control;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((done) => this.#server.close(() => done()));
    if (this.#path !== undefined && process.platform !== "win32") rmSync(this.#path, { force: true });
  }

  async #listen(dataFolder: string): Promise<void> {
    const path = controlPath(dataFolder);
    if (path === undefined) throw new Error(`the path of the data folder is too long for a local socket`);
    if (process.platform === "win32") return this.#bind(path);
    // Made where nobody else may enter and moved when its mode is right, over what a killed relay left behind:
    // there is no moment at which others could connect, and none without a socket.
    const closed = mkdtempSync(join(resolve(dataFolder), "."));
    try {
      const made = join(closed, "s");
      await this.#bind(made);
      chmodSync(made, 0o600);
      renameSync(made, path);
      this.#path = path;
    } finally {
      rmdirSync(closed);
    }
  }

  #bind(path: string): Promise<void> {
    return new Promise((done, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(path, () => {
        this.#server.off("error", reject);
        done();
      });
    });
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("close", () => this.#sockets.delete(socket));
    socket.on("error", () => socket.destroy());
    const deadline = setTimeout(() => socket.destroy(), controlRequestMs);
    socket.on("close", () => clearTimeout(deadline));
    let line = "";
    socket.setEncoding("utf8");
    const onData = (text: string): void => {
      line += text;
      const end = line.indexOf("\n");
      if (end < 0 && line.length <= controlRequestBytesMax) return;
      clearTimeout(deadline);
      socket.off("data", onData);
      socket.resume();
      void this.#answer(line.slice(0, Math.max(end, 0))).then((answer) =>
        socket.end(`${JSON.stringify(answer)}\n`),
      );
    };
    socket.on("data", onData);
  }

  async #answer(line: string): Promise<ControlAnswer> {
    const request = controlRequest.safeParse(fromJson(line));
    if (!request.success)
      return { ok: false, reason: "the relay does not know this request: is it of another version?" };
    try {
      return { ok: true, result: await this.#handle(request.data) };
    } catch (error) {
      return { ok: false, reason: error instanceof Error ? error.message : String(error) };
    }
  }
}

function fromJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
