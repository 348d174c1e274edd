/**
 * Serves app://deckle/ from the build's manifest, each answer with its policy and MIME type.
 */
import { protocol, type Session } from "electron";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { contentSecurityPolicy } from "../policy/csp.ts";
import { carriesPolicy, servedFile, type Manifest } from "../policy/manifest.ts";
import { appScheme } from "../policy/origin.ts";

const manifestSchema = z.record(z.string().startsWith("/"), z.object({ file: z.string(), type: z.string() }));

/** Before Electron is ready. `standard` is what gives the origin a storage of its own. */
export function registerScheme(): void {
  protocol.registerSchemesAsPrivileged([
    {
      scheme: appScheme,
      privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true },
    },
  ]);
}

export async function readManifest(appFolder: string): Promise<Manifest> {
  const text = await readFile(join(appFolder, "manifest.json"), "utf8");
  return new Map(Object.entries(manifestSchema.parse(JSON.parse(text))));
}

export interface SchemeOptions {
  readonly appFolder: string;
  readonly manifest: Manifest;
  /** Asked at every request: the relay may change while the app runs. */
  readonly relayOrigin: () => string | null;
  /** Asked first; null where the request is not its own. */
  readonly keep: (request: Request) => Promise<Response | null>;
  /** Images and files. Asked first; null where the request is not about them. */
  readonly blobs: (request: Request) => Promise<Response | null>;
}

export function serveScheme(
  session: Session,
  { appFolder, manifest, relayOrigin, blobs, keep }: SchemeOptions,
): void {
  session.protocol.handle(appScheme, async (request) => {
    const answered = (await blobs(request)) ?? (await keep(request));
    if (answered) return answered;
    const served = servedFile(manifest, request.url);
    if (served === null || request.method !== "GET") {
      return new Response(null, { status: served === null ? 404 : 405 });
    }
    const headers = new Headers({ "Content-Type": served.type, "X-Content-Type-Options": "nosniff" });
    if (carriesPolicy(served)) {
      headers.set("Content-Security-Policy", contentSecurityPolicy(relayOrigin()));
      headers.set("Cache-Control", "no-store");
    }
    return new Response(await readFile(join(appFolder, served.file)), { headers });
  });
}
