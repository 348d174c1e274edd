/** The blobs of a relay: a folder for each workspace, below `blobs` of its data folder. */
import { join } from "node:path";
import { isDocumentId } from "../protocol/ids.ts";
import { blobMegabytesDefault, findingsMax } from "../protocol/limits.ts";
import { BlobStore, type VerifiedBlobs } from "./store.ts";

export interface BlobsSetting {
  /** The data folder of the relay. */
  readonly data: string;
  /** Of each workspace. */
  readonly megabytesMax?: number;
}

export class Blobs {
  readonly #setting: BlobsSetting;
  readonly #stores = new Map<string, BlobStore>();

  constructor(setting: BlobsSetting) {
    this.#setting = setting;
  }

  /** `workspace` is one that is there. */
  at(workspace: string): BlobStore {
    if (!isDocumentId(workspace)) throw new RangeError("not the id of a workspace");
    let store = this.#stores.get(workspace);
    if (!store) {
      const { data, megabytesMax = blobMegabytesDefault } = this.#setting;
      store = new BlobStore(join(data, "blobs", workspace), megabytesMax * 1024 * 1024);
      this.#stores.set(workspace, store);
    }
    return store;
  }
}

/** What is found in a workspace, with what is found in its blobs. */
export function withBlobs<
  Found extends { readonly faults: readonly string[]; readonly notes: readonly string[] },
>(found: Found, { blobs, bytes, faults }: VerifiedBlobs): Found {
  if (blobs === 0) return found;
  const megabytes = Math.ceil(bytes / 1_000_000);
  return {
    ...found,
    faults: [...found.faults, ...faults].slice(0, findingsMax),
    notes: [...found.notes, `${blobs} images and files, ${megabytes} MB, were read as well`],
  };
}
