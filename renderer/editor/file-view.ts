/**
 * A file in the text: its name, its size, and where it is. None of its bytes are loaded into the window; main says
 * whether they are here. A click selects it; a double click asks where to save it.
 */
import type { Node } from "prosemirror-model";
import type { NodeView, NodeViewConstructor } from "prosemirror-view";
import { isBlobHash } from "../document/blobs.ts";
import type { BlobArrivals } from "./blob-arrivals.ts";
import { fileStates, fileWords, sizeWords } from "./file-state.ts";
import type { FileState } from "./file-state.ts";
import { againAfterMs } from "./picture-state.ts";

/** What a file asks of the app around it. */
export type FileHost = {
  readonly arrivals: BlobArrivals;
  hasRelay(): boolean;
  /** Whether its bytes are on this device. */
  whereIs(sha256: string): Promise<"here" | "coming" | "missing">;
  /** Asks where to save it, later. */
  saveFile(file: Node): void;
};

export const fileName = ({ attrs }: Node): string => (attrs["name"] as string) || "File";

const hashOf = ({ attrs }: Node): string => attrs["hash"] as string;

class FileChip {
  readonly dom = document.createElement("span");
  readonly #name = part("file-name");
  readonly #size = part("file-size");
  readonly #words = part("file-words");
  readonly #host: FileHost;
  #node: Node;
  #state: FileState = "asking";
  #failures = 0;
  /** Counts what was asked: an answer about what it was before is none. */
  #asked = 0;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #stopWaiting = (): void => {};

  constructor(node: Node, host: FileHost) {
    this.#node = node;
    this.#host = host;
    this.dom.className = "file";
    this.dom.contentEditable = "false";
    this.dom.setAttribute("role", "img");
    this.dom.append(this.#name, this.#size, this.#words);
    this.dom.addEventListener("dblclick", () => this.#host.saveFile(this.#node));
    this.#start();
  }

  update(node: Node): void {
    const isSame = hashOf(node) === hashOf(this.#node);
    this.#node = node;
    if (isSame) return this.#draw();
    this.stop();
    this.#state = "asking";
    this.#failures = 0;
    this.#start();
  }

  stop(): void {
    this.#asked++;
    this.#stopWaiting();
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #start(): void {
    const hash = hashOf(this.#node);
    if (isBlobHash(hash)) {
      this.#stopWaiting = this.#host.arrivals.wait(hash, () => void this.#ask(hash));
      void this.#ask(hash);
    } else this.#state = "missing";
    this.#draw();
  }

  async #ask(hash: string): Promise<void> {
    const asked = ++this.#asked;
    const state = await this.#host.whereIs(hash).catch(() => "missing" as const);
    if (asked !== this.#asked) return;
    this.#state = state;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer =
      state === "here" ? null : setTimeout(() => void this.#ask(hash), againAfterMs(++this.#failures));
    this.#draw();
  }

  #draw(): void {
    const name = fileName(this.#node);
    const size = sizeWords(this.#node.attrs["size"] as number);
    const words = fileWords(this.#state, this.#host.hasRelay());
    for (const one of fileStates) this.dom.classList.toggle(`is-${one}`, one === this.#state);
    this.#name.textContent = name;
    this.#size.textContent = size;
    this.#words.textContent = words;
    this.dom.setAttribute("aria-label", ["File", name, size, words].filter((one) => one !== "").join(", "));
    this.dom.title = this.#state === "here" ? "Double-click to save it elsewhere" : "";
  }
}

function part(name: string): HTMLElement {
  const dom = document.createElement("span");
  dom.className = name;
  return dom;
}

export const fileView =
  (host: FileHost): NodeViewConstructor =>
  (node) => {
    const chip = new FileChip(node, host);
    return {
      dom: chip.dom,
      update: (next: Node) => {
        if (next.type !== node.type) return false;
        chip.update(next);
        return true;
      },
      ignoreMutation: () => true,
      destroy: () => chip.stop(),
    } satisfies NodeView;
  };
