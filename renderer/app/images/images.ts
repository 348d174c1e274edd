/**
 * Pictures and files in the window's documents: each session has its own on the way, and is not let go of before they
 * are in the text; all share who waits for what main has yet to get.
 */
import { AddingImages } from "../../editor/adding-images.ts";
import type { AddingOptions, ImageTarget } from "../../editor/adding-images.ts";
import { BlobArrivals } from "../../editor/blob-arrivals.ts";
import type { ImagesHost } from "../../editor/images-plugin.ts";

export type ImagesOptions = Pick<AddingOptions, "keep" | "measure" | "tell"> & {
  hasRelay(): boolean;
  askForAltText(): void;
  whereIs: ImagesHost["whereIs"];
  saveFile: ImagesHost["saveFile"];
  /** The last picture of a text that had some on the way is in it. */
  settled(target: ImageTarget): void;
};

export class Images {
  readonly arrivals = new BlobArrivals();
  readonly #options: ImagesOptions;
  readonly #adding = new Map<ImageTarget, Set<Promise<void>>>();
  #nextId = 1;

  constructor(options: ImagesOptions) {
    this.#options = options;
  }

  /** Whether pictures are on their way into it. */
  isBusy(target: ImageTarget): boolean {
    return this.#adding.has(target);
  }

  /** Resolves when all that are on their way now have arrived, or were refused. */
  async settle(): Promise<void> {
    await Promise.all([...this.#adding.values()].flatMap((all) => [...all]));
  }

  addFiles(
    target: ImageTarget,
    files: readonly File[],
    place: number | null,
    known: Record<string, unknown> = {},
  ): void {
    if (files.length > 0) this.#run(target, (adding) => adding.addFiles(files, place, known));
  }

  addAttachments(target: ImageTarget, files: readonly File[], place: number | null): void {
    if (files.length > 0) this.#run(target, (adding) => adding.addAttachments(files, place), "file");
  }

  /** @param target gives the text: there is none yet when its editor is put together */
  hostFor(target: () => ImageTarget): ImagesHost {
    return {
      arrivals: this.arrivals,
      hasRelay: () => this.#options.hasRelay(),
      askForAltText: () => this.#options.askForAltText(),
      addFiles: (files, place, known) => this.addFiles(target(), files, place, known),
      addAttachments: (files, place) => this.addAttachments(target(), files, place),
      refuse: (words) => this.#options.tell(words),
      whereIs: (sha256) => this.#options.whereIs(sha256),
      saveFile: (file) => this.#options.saveFile(file),
      addSlice: (slice, place) => this.#run(target(), (adding) => adding.addSlice(slice, place)),
    };
  }

  #run(target: ImageTarget, add: (adding: AddingImages) => Promise<void>, what = "picture"): void {
    const { measure, tell } = this.#options;
    const keep: AddingOptions["keep"] = async (file) => {
      const kept = await this.#options.keep(file);
      // It may be one that another image waits for.
      if (kept.ok) this.arrivals.arrived(kept.sha256);
      return kept;
    };
    const adding = new AddingImages({ target, keep, measure, tell, newId: () => this.#nextId++ });
    const all = this.#adding.get(target) ?? new Set();
    this.#adding.set(target, all);
    const running = add(adding)
      .catch((error: unknown) => tell(`The ${what} was not added: ${String(error)}`))
      .finally(() => {
        all.delete(running);
        if (all.size > 0) return;
        this.#adding.delete(target);
        this.#options.settled(target);
      });
    all.add(running);
  }
}
