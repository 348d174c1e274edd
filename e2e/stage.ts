/**
 * What a test puts up and takes down again: folders, relays and windows. Called once at the top of a
 * file; after each test everything is ended and removed, whatever became of it.
 */
import { rm } from "node:fs/promises";
import { afterEach } from "vitest";
import { launchApp, startRelay, temporaryFolder } from "./app.ts";
import type { RelayProcess, RunningApp } from "./app.ts";

interface Stage {
  folder(): Promise<string>;
  launch(
    dataDir: string,
    profile: string,
    relay?: { readonly url: string } | string,
    args?: readonly string[],
  ): Promise<RunningApp>;
  serve(dataDir: string, port?: number): Promise<RelayProcess>;
  /** A relay that lets in members only. */
  serveMembers(dataDir: string): Promise<RelayProcess>;
  /** Anything else that has to be ended. */
  also(close: () => Promise<unknown>): void;
  /** Ends one now rather than after the test. */
  end(one: RunningApp | RelayProcess, how: "close" | "kill"): Promise<void>;
}

export function useStage(): Stage {
  const closers = new Map<unknown, () => Promise<unknown>>();
  const folders: string[] = [];
  afterEach(async () => {
    for (const [one, close] of [...closers].toReversed()) {
      closers.delete(one);
      await close();
    }
    for (const one of folders.splice(0)) await rm(one, { recursive: true, force: true });
  });
  return {
    folder: async () => {
      const made = await temporaryFolder();
      folders.push(made);
      return made;
    },
    launch: async (dataDir, profile, relay, args = []) => {
      const url = typeof relay === "string" ? relay : relay?.url;
      const app = await launchApp({ dataDir, profile, args, ...(url !== undefined && { relay: url }) });
      closers.set(app, () => app.close());
      return app;
    },
    serve: async (dataDir, port = 0) => {
      const relay = await startRelay({ dataDir: `${dataDir}/relay`, port });
      closers.set(relay, () => relay.stop());
      return relay;
    },
    serveMembers: async (dataDir) => {
      const relay = await startRelay({ dataDir: `${dataDir}/relay`, isOpen: false });
      closers.set(relay, () => relay.stop());
      return relay;
    },
    also: (close) => void closers.set({}, close),
    end: async (one, how) => {
      closers.delete(one);
      if ("page" in one) await one[how]();
      else await (how === "kill" ? one.kill9() : one.stop());
    },
  };
}
