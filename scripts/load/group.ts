/**
 * One document of the load test and the clients that edit it, from their first hello until they have left; and what
 * must be true of it in the end: everyone got everything, and what was receipted is on the relay's disk.
 */
import * as A from "@automerge/automerge";
import { AutomergeClient } from "../bench/relay/automerge-client.ts";
import { renamed, type Seed } from "../bench/relay/automerge-seed.ts";
import { settle } from "../bench/relay/bench.ts";
import { Ledger } from "../bench/relay/client.ts";
import type { Tally } from "./tally.ts";

const levelMs = 20_000;

export class Group {
  readonly #url: string;
  readonly #seed: Seed;
  readonly #ledger = new Ledger();
  readonly #tally: Tally;
  readonly #clients: AutomergeClient[];
  /** By client: the last own change that the relay said it has on disk, and how many edits are up to it. */
  readonly #receipted: ({ readonly hash: string; readonly edits: number } | undefined)[] = [];
  #receiptedEdits = 0;

  constructor(url: string, seed: Seed, clients: number, tally: Tally) {
    this.#url = url;
    this.#seed = renamed(seed);
    this.#tally = tally;
    this.#ledger.latency = tally.delivery;
    this.#clients = Array.from(
      { length: clients },
      (_, i) =>
        new AutomergeClient(i, url, this.#seed, this.#ledger, {
          onReceipt: (hash, edits, afterMs) => {
            this.#receipted[i] = {
              hash: hash.toString("hex"),
              edits: (this.#receipted[i]?.edits ?? 0) + edits,
            };
            this.#receiptedEdits += edits;
            tally.receipt.add(afterMs, edits);
          },
        }),
    );
  }

  async start(): Promise<void> {
    await new AutomergeClient(900, this.#url, this.#seed, new Ledger()).seed(this.#seed.pieces);
    await Promise.all(this.#clients.map((client) => client.join()));
  }

  edit(turn: number): void {
    this.#clients[turn % this.#clients.length]?.edit();
  }

  /** Waits until everything is receipted and delivered, counts what is not, and leaves. */
  async end(): Promise<void> {
    const { sent } = this.#ledger;
    const wanted = sent * (this.#clients.length - 1);
    await settle(
      () =>
        this.#ledger.sent > 0 &&
        this.#receiptedEdits >= this.#ledger.sent &&
        this.#ledger.delivered >= wanted,
      levelMs,
    );
    this.#tally.edits += this.#ledger.sent;
    this.#tally.unreceipted += this.#ledger.sent - this.#receiptedEdits;
    this.#tally.undelivered += this.#ledger.sent * (this.#clients.length - 1) - this.#ledger.delivered;
    for (const client of this.#clients) {
      if (client.isClosed) this.#tally.cutOff.push(client.closedBy);
      client.close();
    }
  }

  /** Asks the relay for the document as a newcomer would, in a real Automerge document; counts receipts it broke. */
  async prove(): Promise<void> {
    const chunks: Buffer[] = [];
    const newcomer = new AutomergeClient(901, this.#url, this.#seed, new Ledger(), {
      onChange: (chunk) => void chunks.push(Buffer.from(chunk)),
    });
    await newcomer.join(undefined, this.#clients[0]?.standing());
    newcomer.close();
    const document = A.loadIncremental(A.init(), Uint8Array.from(Buffer.concat(chunks)));
    for (const each of this.#receipted) {
      if (!each) continue;
      this.#tally.provedReceipts += each.edits;
      // A change is there only with all it depends on, so a writer's last one stands for those before it.
      if (!A.hasHeads(document, [each.hash])) this.#tally.brokenReceipts += each.edits;
    }
  }
}
