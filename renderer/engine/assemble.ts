/**
 * Puts an engine together of its parts, in the order in which they need each other. What is around it (disks, clock,
 * chance, the worker) comes from outside: the app's own in `main.ts`, a simulated world in `e2e/sim/`.
 */
import { Repo } from "@automerge/automerge-repo/slim";
import type { DocumentId as RepoId, PeerId } from "@automerge/automerge-repo/slim";
import { idFrom } from "../document/id.ts";
import { Author } from "./author.ts";
import { chunkStoreOf } from "./chunk-store.ts";
import type { Clock } from "./clock.ts";
import type { Copy } from "./copy.ts";
import type { Disk } from "./disk.ts";
import { Engine } from "./engine.ts";
import type { EngineParts } from "./engine.ts";
import { Keeping } from "./keeping.ts";
import type { Ledger, Place } from "./ledger.ts";
import { Library } from "./library.ts";
import { repoSaveMs } from "./limits.ts";
import type { LibraryEntry } from "./port.ts";
import { RelayLink } from "./relay-link.ts";
import type { RelayEvents } from "./relay-link.ts";
import { Remembering } from "./remembering.ts";
import { Storage } from "./storage.ts";

export type Surroundings = Pick<
  EngineParts,
  "renderings" | "journal" | "persisted" | "lock" | "memory" | "mirror"
> & {
  place: Place;
  /** What the actors of this device begin with, or null where it has no key. */
  device: string | null;
  ledger: Ledger;
  disk: Disk;
  copy: Copy;
  clock: Clock;
  random: () => number;
  randomBytes: (count: number) => Uint8Array;
  sha256?: (bytes: Uint8Array<ArrayBuffer>) => Promise<ArrayBuffer>;
  /** For whoever listens in on what the relay says. */
  overhear?: (events: RelayEvents) => RelayEvents;
};

export type Assembled = {
  engine: Engine;
  repo: Repo;
  /** Null where there is no relay, or no workspace to meet it in. */
  link: RelayLink | null;
};

/** @param made called with the repo before anything is in it */
export async function assemble(around: Surroundings, made?: (repo: Repo) => void): Promise<Assembled> {
  const { place, ledger, disk, copy, clock, random, randomBytes } = around;
  const newId = (): string => idFrom(randomBytes);
  const author = new Author(around.device, randomBytes);
  const parts = { clock, random, ledger, author, copy };
  const storage = new Storage({ disk, copy, clock, random });
  const remembering = new Remembering(copy, clock);
  const restored = await remembering.recall(ledger);
  let library: Library | null = null;
  const offered = (_peer: PeerId, document?: string): Promise<boolean> =>
    Promise.resolve(document === undefined || (library?.isHere(document) ?? false));
  const repo = new Repo({
    shareConfig: { announce: offered, access: offered },
    storage,
    peerId: `deckle-${newId()}` as PeerId,
    saveDebounceRate: repoSaveMs,
  });
  made?.(repo);
  const { relay, workspace } = place;
  const { renderings, journal, persisted, lock, memory, mirror } = around;
  const engine = new Engine({
    ...parts,
    repo,
    chunks: chunkStoreOf(storage, around.sha256),
    renderings,
    storage,
    journal,
    persisted,
    lock,
    place: relay === null ? null : { relay, workspace },
    ...(memory && { memory }),
    ...(mirror && { mirror }),
    newId,
    hasRelay: relay !== null,
    role: await ledger.role(),
    keepRole: (role) => ledger.setRole(role),
  });
  const changed = (entries: LibraryEntry[]): void => {
    engine.libraryChanged(entries);
    remembering.listed(entries);
  };
  const keeping = new Keeping({
    save: (list) => storage.orFailing(list, repo.flush([list as RepoId])),
    clock,
    random,
  });
  library = await Library.open({ ...parts, repo, changed, keeping, mayWrite: () => engine.mayWrite }, place);
  for (const list of restored) await library.adopt(list);
  if (restored.length > 0) remembering.adopted(ledger);
  engine.start(library);
  // The library first: it says what the relay may be told of.
  if (library.unusable !== null)
    engine.relayEvents.state({ state: "incompatible", reason: library.unusable });
  const isMet = relay !== null && library.unusable === null;
  return { engine, repo, link: isMet ? linked(engine, repo, relay, around) : null };
}

function linked(engine: Engine, repo: Repo, relay: string, around: Surroundings): RelayLink {
  const { place, clock, random, overhear } = around;
  const entry =
    place.workspace === null ? null : { workspace: place.workspace, ticket: engine.questions.ticket };
  const events = overhear?.(engine.relayEvents) ?? engine.relayEvents;
  const link = new RelayLink(relay, events, clock, random, entry);
  repo.on("doc-metrics", (metrics) => {
    if (metrics.type === "receive-sync-message") link.applied(metrics.documentId, metrics.durationMillis);
  });
  repo.synchronizer.on("sync-state", ({ documentId, syncState }) =>
    link.peerTold(documentId, syncState.theirHeads),
  );
  engine.attach(link);
  repo.networkSubsystem.addNetworkAdapter(link);
  return link;
}
