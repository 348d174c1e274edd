/**
 * The servers that are compared: how each is started, as its own documentation says. `ours` is the relay of this
 * checkout, or of another one (`--relay-root`); the peers come from npm (`peers.ts`).
 */
import { join } from "node:path";
import { z } from "zod";

export const serverNames = ["ours", "hocuspocus", "y-websocket", "automerge", "floor"] as const;
export type ServerName = (typeof serverNames)[number];
export type Dialect = "automerge" | "y-websocket" | "hocuspocus";

/** Where things are; the parent resolves it, each runner is given it. */
export const setting = z.object({
  /** The relay's command as a file: built, as people run it, or the source of another checkout. */
  relayCli: z.string(),
  /** Flags for Node in front of the relay's, e.g. `--cpu-prof`. */
  relayNodeFlags: z.array(z.string()),
  /** Whether it lets in everybody, or members only, who must be in its data then. */
  relayIsOpen: z.boolean(),
  peersFolder: z.string(),
  /** Whether `taskset` is there: servers on core 0, the generator on core 1. */
  isPinned: z.boolean(),
});
export type Setting = z.infer<typeof setting>;

export interface Start {
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}
export interface ServerKind {
  readonly title: string;
  readonly dialect: Dialect;
  readonly path: string;
  start(port: number, data: string, setting: Setting): Start;
}

export const servers: Readonly<Record<ServerName, ServerKind>> = {
  ours: {
    title: "Deckle relay",
    dialect: "automerge",
    path: "/sync",
    start: (port, data, { relayCli, relayNodeFlags, relayIsOpen }) => ({
      args: [
        ...relayNodeFlags,
        relayCli,
        "serve",
        "--data",
        data,
        "--port",
        String(port),
        ...(relayIsOpen ? ["--open"] : []),
      ],
    }),
  },
  hocuspocus: {
    title: "Hocuspocus 4.7.0",
    dialect: "hocuspocus",
    path: "/",
    start: (port, data, { peersFolder }) => ({
      args: ["serve.mjs", String(port), join(data, "hocuspocus.sqlite")],
      cwd: join(peersFolder, "hocuspocus"),
    }),
  },
  "y-websocket": {
    title: "@y/websocket-server 0.1.5",
    dialect: "y-websocket",
    path: "/",
    start: (port, _data, { peersFolder }) => ({
      args: ["node_modules/@y/websocket-server/src/server.js"],
      env: { HOST: "127.0.0.1", PORT: String(port) },
      cwd: join(peersFolder, "y-websocket"),
    }),
  },
  automerge: {
    title: "automerge-repo-sync-server 0.2.8 (automerge 3.5.0)",
    dialect: "automerge",
    path: "/",
    start: (port, data, { peersFolder }) => ({
      args: ["node_modules/@automerge/automerge-repo-sync-server/src/index.js"],
      env: { PORT: String(port), DATA_DIR: data },
      cwd: join(peersFolder, "automerge"),
    }),
  },
  floor: {
    title: "floor (forwards bytes, keeps nothing)",
    dialect: "y-websocket",
    path: "/",
    start: (port) => ({ args: [join(import.meta.dirname, "floor.ts"), String(port)] }),
  },
};
