/**
 * Asks a relay about access, one call a POST (`relay/protocol/access-messages.ts`). What comes back is
 * parsed, and bounded in time and length; whatever is not an answer of a relay that has members is
 * `unreachable`.
 */
import { z } from "zod";
import type { AccessCall, AccessCalls } from "../../relay/protocol/access-messages.ts";
import { roles } from "../../relay/protocol/roles.ts";
import { people } from "../ipc.ts";
import { accessUrl } from "../policy/access-url.ts";
import { accessAnswerBytesMax, accessCallMs, workspaceNameCharsMax } from "../policy/limits.ts";
import { refusedCodes, type Refusal } from "../policy/refusals.ts";
import type { Relay } from "../policy/relay-url.ts";

/** As browsers, Node and Electron have it. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** What main asks; the audit log is for the command line. */
export type Asked = Exclude<AccessCall, "audit">;

const done = z.object({});
const gets = {
  nonce: z.object({ nonce: z.string().regex(/^[A-Za-z0-9_-]{1,128}$/) }),
  ticket: z.object({ ticket: z.string().regex(/^[A-Za-z0-9_-]{1,128}$/) }),
  offer: z.object({
    role: z.enum(roles),
    isDevice: z.boolean(),
    name: z.string().max(workspaceNameCharsMax),
  }),
  accept: done,
  people,
  invite: done,
  withdraw: done,
  revoke: done,
  remove: done,
  role: done,
  narrow: done,
  rename: done,
  import: done,
} satisfies { readonly [Call in Asked]: z.ZodType };
type Gets<Call extends Asked> = z.infer<(typeof gets)[Call]>;

const refused = z.object({ refused: z.enum(refusedCodes) });

export type Told<Call extends Asked> =
  | { readonly ok: true; readonly gets: Gets<Call> }
  | { readonly ok: false; readonly refusal: Refusal };

const unreachable = { ok: false, refusal: "unreachable" } as const;

export interface AccessClientOptions {
  readonly fetch: Fetch;
  /** `accessCallMs`, but in tests. */
  readonly callMs?: number;
}

export class AccessClient {
  readonly #fetch: Fetch;
  readonly #callMs: number;

  constructor({ fetch, callMs = accessCallMs }: AccessClientOptions) {
    this.#fetch = fetch;
    this.#callMs = callMs;
  }

  /** `ticket` is for managing, single use. */
  async ask<Call extends Asked>(
    relay: Relay,
    call: Call,
    body: AccessCalls[Call]["sends"],
    ticket?: string,
  ): Promise<Told<Call>> {
    const answer = await this.#post(accessUrl(relay, call), JSON.stringify(body), ticket);
    if (!answer) return unreachable;
    if (answer.status !== 200) {
      const { data } = refused.safeParse(answer.body);
      return data ? { ok: false, refusal: data.refused } : unreachable;
    }
    const { data } = gets[call].safeParse(answer.body);
    // The schema belongs to this call: TypeScript cannot follow that through the union of all.
    return data ? { ok: true, gets: data as Gets<Call> } : unreachable;
  }

  async #post(
    url: string,
    body: string,
    ticket: string | undefined,
  ): Promise<{ readonly status: number; readonly body: unknown } | undefined> {
    const ending = new AbortController();
    let deadline: NodeJS.Timeout | undefined;
    // Raced, and not only aborted: a fetch that does not listen while a body drips in would take for ever.
    const late = new Promise<undefined>((resolve) => {
      deadline = setTimeout(() => {
        ending.abort();
        resolve(undefined);
      }, this.#callMs);
    });
    const asked = async () => {
      const response = await this.#fetch(url, {
        method: "POST",
        headers: {
          "Content-Type": "application/json",
          ...(ticket !== undefined && { Authorization: `Ticket ${ticket}` }),
        },
        body,
        credentials: "omit",
        // The answer would be another's than the relay's that the person agreed to.
        redirect: "error",
        cache: "no-store",
        signal: ending.signal,
      });
      const text = await readBounded(response);
      return text === undefined ? undefined : { status: response.status, body: JSON.parse(text) as unknown };
    };
    try {
      return await Promise.race([asked(), late]);
    } catch {
      // No way there, a redirect, cut off, or no JSON: nothing that a relay of ours would do.
      return undefined;
    } finally {
      clearTimeout(deadline);
      ending.abort();
    }
  }
}

/** Undefined is a body longer than the limit. */
async function readBounded({ body }: Response): Promise<string | undefined> {
  if (!body) return "";
  const reader: ReadableStreamDefaultReader<Uint8Array> = body.getReader();
  const parts: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const { value, done: isOver } = await reader.read();
    if (isOver) return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(parts));
    if ((length += value.length) > accessAnswerBytesMax) {
      await reader.cancel();
      return undefined;
    }
    parts.push(value);
  }
}
