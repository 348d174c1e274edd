/** Makes the clients and documents of each protocol. */
import { AutomergeClient } from "./automerge-client.ts";
import { makeSeed, renamed, type Seed } from "./automerge-seed.ts";
import { Ledger, type Content, type Scene } from "./client.ts";
import type { Dialect } from "./servers.ts";
import { YjsClient, type YFlavour, type YSeed } from "./yjs-client.ts";
import { makeYSeed, renamedY } from "./yjs-seed.ts";

export async function makeScene(dialect: Dialect, url: string, content: Content): Promise<Scene> {
  return dialect === "automerge"
    ? automergeScene(url, await makeSeed(content))
    : yjsScene(dialect, url, await makeYSeed(content));
}

function automergeScene(url: string, seed: Seed): Scene {
  const ledger = new Ledger();
  return {
    documentId: seed.documentId,
    ledger,
    client: (index, own = ledger) => new AutomergeClient(index, url, seed, own),
    listener: (index, onChange) => new AutomergeClient(index, url, seed, ledger, { onChange }),
    seed: () => new AutomergeClient(0, url, seed, new Ledger()).seed(seed.pieces),
    another: () => automergeScene(url, renamed(seed)),
  };
}

function yjsScene(flavour: YFlavour, url: string, seed: YSeed): Scene {
  const ledger = new Ledger();
  return {
    documentId: seed.name,
    ledger,
    client: (index, own = ledger) => new YjsClient(index, flavour, url, seed, own),
    listener: (index, onUpdate) => new YjsClient(index, flavour, url, seed, ledger, { onUpdate }),
    seed: () => new YjsClient(0, flavour, url, seed, new Ledger()).seed(),
    another: () => yjsScene(flavour, url, renamedY(seed)),
  };
}
