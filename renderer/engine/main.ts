/**
 * The engine's composition root, a SharedWorker (`engine.js?relay=…&workspace=…&device=…`).
 *
 * One engine at a time writes a profile: it holds a lock for as long as it lives, and one that was
 * started beside it (a reload with another relay) waits for it to end.
 */
import { initializeWasm } from "@automerge/automerge/slim";
import wasmUrl from "@automerge/automerge/automerge.wasm?url";
import { Repo } from "@automerge/automerge-repo/slim";
import type { PeerId } from "@automerge/automerge-repo/slim";
import { idFrom } from "../document/id.ts";
import { Author } from "./author.ts";
import { systemClock } from "./clock.ts";
import { Engine } from "./engine.ts";
import { Ledger } from "./ledger.ts";
import { Library } from "./library.ts";
import { repoSaveMs } from "./limits.ts";
import type { FromEngine, FromWindow } from "./port.ts";
import { RelayLink } from "./relay-link.ts";
import { Renderings } from "./renderings.ts";
import { DurableIndexedDb } from "./storage.ts";

declare const self: SharedWorkerGlobalScope;

const random = (count: number): Uint8Array => crypto.getRandomValues(new Uint8Array(count));
const newId = (): string => idFrom(random);

const asked = new URL(self.location.href).searchParams;
const place = { relay: asked.get("relay"), workspace: asked.get("workspace") };
const { relay } = place;

async function start(): Promise<Engine> {
  await new Promise<void>((resolve) => {
    // Held until the worker ends: the callback's promise never resolves.
    void navigator.locks.request("deckle-engine", () => {
      resolve();
      return new Promise<never>(() => {});
    });
  });
  const [, ledger] = await Promise.all([initializeWasm(wasmUrl), Ledger.open(place)]);
  const parts = {
    clock: systemClock,
    random: Math.random,
    ledger,
    author: new Author(asked.get("device"), random),
  };
  let library: Library | null = null;
  const offered = (_peer: PeerId, document?: string): Promise<boolean> =>
    Promise.resolve(document === undefined || (library?.isHere(document) ?? false));
  const repo = new Repo({
    shareConfig: { announce: offered, access: offered },
    storage: new DurableIndexedDb(),
    peerId: `deckle-${newId()}` as PeerId,
    saveDebounceRate: repoSaveMs,
  });
  const engine = new Engine({
    ...parts,
    repo,
    renderings: new Renderings(),
    newId,
    hasRelay: relay !== null,
    role: await ledger.role(),
    keepRole: (role) => ledger.setRole(role),
  });
  const { libraryChanged: changed } = engine;
  library = await Library.open({ ...parts, repo, changed, mayWrite: () => engine.mayWrite }, place);
  engine.start(library);
  // The library first: it says what the relay may be told of.
  if (library.unusable !== null)
    engine.relayEvents.state({ state: "incompatible", reason: library.unusable });
  else if (relay !== null) {
    const entry =
      place.workspace === null ? null : { workspace: place.workspace, ticket: engine.questions.ticket };
    const connected = new RelayLink(relay, engine.relayEvents, systemClock, Math.random, entry);
    repo.on("doc-metrics", (metrics) => {
      if (metrics.type === "receive-sync-message")
        connected.applied(metrics.documentId, metrics.durationMillis);
    });
    repo.synchronizer.on("sync-state", ({ documentId, syncState }) =>
      connected.peerTold(documentId, syncState.theirHeads),
    );
    repo.networkSubsystem.addNetworkAdapter(connected);
    self.addEventListener("online", () => connected.hurry());
  }
  return engine;
}

const started = start();

self.onconnect = ({ ports: [port] }) => {
  if (!port) return;
  const early: FromWindow[] = [];
  port.onmessage = (event: MessageEvent<FromWindow>) => early.push(event.data);
  started
    .then((engine) => {
      const receive = engine.connect((message: FromEngine) => port.postMessage(message));
      port.onmessage = (event: MessageEvent<FromWindow>) => receive(event.data);
      // A window that ends without a word still lets go of its documents.
      port.addEventListener("close", () => receive({ type: "bye" }));
      for (const message of early) receive(message);
    })
    .catch((error: unknown) => {
      console.error("the engine did not start", error);
      // An error event on the worker is what windows see; it carries the reason.
      setTimeout(() => {
        // Windows start another, and this one must be gone by then.
        self.close();
        throw error;
      });
    });
};
