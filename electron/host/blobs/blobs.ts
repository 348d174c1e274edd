/**
 * The images and files of this profile, put together: what is here, what documents name, and bringing both to where
 * they belong.
 */
import { join } from "node:path";
import { keepHeader, type CheckedBlobs } from "../../keep.ts";
import type { BlobState } from "../../ipc.ts";
import { blobRoute } from "../../policy/blob-route.ts";
import { isAtLeast } from "../../../relay/protocol/roles.ts";
import type { Fetch } from "../access-client.ts";
import type { Caller } from "../caller.ts";
import type { Places } from "../places.ts";
import { checkBlobs } from "./check.ts";
import { collectBlobs } from "./garbage.ts";
import { KnownOnRelay } from "./known.ts";
import { NamedBlobs, placeKey, type AllNames } from "./named.ts";
import { RelayBlobs } from "./relay-blobs.ts";
import { keepBlob, nameBlobs, serveBlob, type BlobShelves } from "./routes.ts";
import { BlobFiles } from "./store.ts";
import { Transfers, type Destination } from "./transfers.ts";
import { UnnamedBlobs } from "./unnamed.ts";

export interface BlobsOptions {
  /** `blobs` of the profile. */
  readonly folder: string;
  /** No document was ever in this profile. */
  readonly isNewProfile: boolean;
  readonly places: Pick<Places, "configuration" | "relay">;
  readonly caller: Pick<Caller, "ticket">;
  readonly fetch: Fetch;
  /** A blob has come from a relay. */
  readonly onCame: (sha256: string) => void;
  /** In tests: how many times shorter waits are, `blobSilenceMs`, and the clock. */
  readonly hurry?: number;
  readonly silenceMs?: number;
  readonly nowMs?: () => number;
}

export class Blobs {
  readonly #options: BlobsOptions;
  readonly #shelves: BlobShelves;
  readonly #transfers: Transfers;
  readonly #ending = new AbortController();

  static async open(options: BlobsOptions): Promise<Blobs> {
    const { folder, isNewProfile, nowMs } = options;
    const files = new BlobFiles(folder);
    // What is left lying takes room and does no harm.
    await files.tidy().catch(() => undefined);
    const named = await NamedBlobs.open(join(folder, "named"), { isNewProfile });
    const unnamed = await UnnamedBlobs.open(join(folder, "unnamed"), nowMs);
    return new Blobs(options, { files, named, unnamed });
  }

  private constructor(options: BlobsOptions, shelves: BlobShelves) {
    const { folder, onCame, hurry, nowMs } = options;
    this.#options = options;
    this.#shelves = shelves;
    const known = new KnownOnRelay(join(folder, "relays"), nowMs);
    this.#transfers = new Transfers({
      files: shelves.files,
      named: shelves.named,
      known,
      onCame,
      destination: () => this.#destination(),
      ...(hurry !== undefined && { hurry }),
    });
  }

  /** Null where the request is not about blobs. */
  async answer(request: Request): Promise<Response | null> {
    const route = blobRoute(request.url, request.method, request.headers.get(keepHeader));
    const wake = (): void => this.#transfers.wake();
    switch (route?.kind) {
      case "keep": {
        const answer = await keepBlob(request, this.#shelves);
        wake();
        return answer;
      }
      case "name":
        return nameBlobs(request, this.#shelves, route.document, wake);
      case "serve":
        return serveBlob(this.#shelves.files, route.sha256, wake);
      case "refused":
        return new Response(null, { status: route.status });
      case undefined:
        return null;
    }
  }

  states(blobs: readonly string[]): Promise<BlobState[]> {
    return Promise.all(blobs.map((each) => this.#transfers.state(each)));
  }

  /** The bytes of one that is here and hashes to its name. */
  read(sha256: string): Promise<Uint8Array | null> {
    return this.#shelves.files.read(sha256);
  }

  /** What may be done at this place may have changed. */
  wake(): void {
    this.#transfers.wake();
  }
  /** At another place, or the relay is back, and once at the start. */
  turned(): void {
    this.#transfers.turned();
  }

  /** For the check of what is stored. What is damaged is fetched again where a relay has it. */
  async check(): Promise<CheckedBlobs> {
    const checked = await checkBlobs(this.#shelves);
    this.wake();
    return checked;
  }

  /** See `collectBlobs`. Answers what was taken away. */
  collect(): Promise<readonly string[]> {
    return collectBlobs(this.#shelves, (this.#options.nowMs ?? Date.now)());
  }

  /** For a backup. */
  names(): AllNames {
    return this.#shelves.named.all();
  }

  /** What a backup knew, and the blobs that it has: nobody knows who else names those. Before it is put back. */
  async restore(names: AllNames | undefined, blobs: readonly string[]): Promise<void> {
    const { named, unnamed } = this.#shelves;
    await named.restore(names);
    const all = Object.values(names?.documents ?? {}).flatMap((each) => Object.keys(each));
    await unnamed.clear([...all, ...blobs]);
    this.wake();
  }

  /** Cuts off what goes on: it goes on from there at the next start. */
  stop(): void {
    this.#transfers.stop();
    this.#ending.abort();
  }

  #destination(): Destination | null {
    const { places, caller, fetch, silenceMs } = this.#options;
    const { configuration, relay } = places;
    const { place } = configuration;
    if (!relay || place.kind === "private") return null;
    const workspace = place.kind === "workspace" ? place.workspace : null;
    const ticket = async (): Promise<string | undefined> => {
      if (workspace === null) return "";
      const told = await caller.ticket({ relay, workspace }, "blob");
      return told.ok ? told.gets.ticket : undefined;
    };
    return {
      place: placeKey({ relay: place.relay, workspace }),
      mayWrite: place.kind === "open" || isAtLeast(place.role, "editor"),
      blobs: new RelayBlobs({
        relay,
        workspace,
        fetch,
        ticket,
        ending: this.#ending.signal,
        ...(silenceMs !== undefined && { silenceMs }),
      }),
    };
  }
}
