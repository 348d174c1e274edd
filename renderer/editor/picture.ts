/**
 * The picture of an image node: the blob's own bytes where they are here, else a quiet box of the picture's
 * size that says what it is called and where it is. Nothing is ever loaded from where an image came from; the
 * Content-Security-Policy would refuse it, too.
 */
import type { Node } from "prosemirror-model";
import { isBlobHash } from "../document/blobs.ts";
import type { BlobArrivals } from "./blob-arrivals.ts";
import { againAfterMs, firstState, nextState, pictureStates, wordsFor } from "./picture-state.ts";
import type { PictureEvent, PictureState } from "./picture-state.ts";

/** What a picture asks of the app around it. */
export type PictureHost = {
  readonly arrivals: BlobArrivals;
  /** Whether there is a relay that a picture may yet come from. */
  hasRelay(): boolean;
  /** Asks for the selected image's alternative text, later. */
  askForAltText(): void;
};

/** What an image is called: its description, or the last part of its address. */
export function imageName({ attrs }: Node): string {
  const alt = (attrs["alt"] as string).trim();
  if (alt) return alt;
  const path = (attrs["source"] as string).replace(/[?#].*$/, "");
  const file = /^data:/i.test(path) ? "" : (path.split(/[\\/]/).findLast((part) => part !== "") ?? "");
  try {
    return decodeURIComponent(file) || "Image";
  } catch {
    return file;
  }
}

const hashOf = (node: Node): string => (isBlobHash(node.attrs["hash"]) ? (node.attrs["hash"] as string) : "");

export class Picture {
  readonly dom = document.createElement("span");
  /** The picture itself; in the page only where there is a blob. */
  readonly img = document.createElement("img");
  #name = document.createElement("span");
  #words = document.createElement("span");
  #host: PictureHost;
  #node: Node;
  #edge: HTMLElement | null;
  #state: PictureState;
  #stopWaiting = (): void => {};
  #timer: ReturnType<typeof setTimeout> | null = null;

  /** @param edge what to drag, where its width can be changed so */
  constructor(node: Node, host: PictureHost, edge: HTMLElement | null = null) {
    this.#node = node;
    this.#host = host;
    this.#edge = edge;
    this.#state = firstState(hashOf(node) !== "");
    this.dom.className = "picture";
    this.dom.contentEditable = "false";
    this.img.draggable = false;
    this.img.decoding = "async";
    this.img.addEventListener("load", () => this.#receive("loaded"));
    this.img.addEventListener("error", () => this.#receive("failed"));
    this.#name.className = "picture-name";
    this.#words.className = "picture-words";
    this.#start();
  }

  /** The node's attributes may be others now. */
  update(node: Node): void {
    const isSame = hashOf(node) === hashOf(this.#node);
    this.#node = node;
    if (isSame) return this.#draw();
    this.#stop();
    this.#state = firstState(hashOf(node) !== "");
    this.#start();
  }

  destroy(): void {
    this.#stop();
  }

  /** Shows another width than the node's, while somebody drags. */
  showWidth(width: number): void {
    this.#size(width);
  }

  #start(): void {
    const hash = hashOf(this.#node);
    if (hash !== "") {
      this.#stopWaiting = this.#host.arrivals.wait(hash, () => this.#receive("asked"));
      this.img.src = `/blob/${hash}`;
      this.dom.replaceChildren(this.img, this.#name, this.#words, ...(this.#edge ? [this.#edge] : []));
    }
    this.#draw();
  }

  #stop(): void {
    this.#stopWaiting();
    this.#stopWaiting = () => {};
    this.#setTimer(null);
  }

  #setTimer(afterMs: number | null): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = afterMs === null ? null : setTimeout(() => this.#receive("asked"), afterMs);
  }

  #receive(event: PictureEvent): void {
    const before = this.#state;
    this.#state = nextState(before, event);
    if (this.#state === before) return;
    this.#setTimer(this.#state.state === "missing" ? againAfterMs(this.#state.failures) : null);
    // The same address once more: what failed is not in the browser's memory.
    if (this.#state.state === "loading") this.img.src = `/blob/${hashOf(this.#node)}`;
    // What is asked for again looks as it did until there is an answer.
    else this.#draw();
  }

  #draw(): void {
    const { attrs } = this.#node;
    const { state } = this.#state;
    const name = imageName(this.#node);
    const words = wordsFor(this.#state, this.#host.hasRelay());
    const isBox = state === "named" || state === "missing";
    for (const one of pictureStates) this.dom.classList.toggle(`is-${one}`, one === state);
    // In a box the words are the picture; else the img says its name itself.
    if (isBox) {
      this.dom.setAttribute("role", "img");
      this.dom.setAttribute("aria-label", words === "" ? name : `${name}. ${words}`);
    } else {
      this.dom.removeAttribute("role");
      this.dom.removeAttribute("aria-label");
    }
    this.dom.title = attrs["title"] as string;
    if (state === "named") {
      this.dom.textContent = name;
      this.dom.removeAttribute("style");
      return;
    }
    this.img.alt = name;
    this.#name.textContent = isBox ? name : "";
    this.#words.textContent = words;
    this.#size(attrs["width"] as number);
  }

  #size(width: number): void {
    const { naturalWidth, naturalHeight } = this.#node.attrs as Record<
      "naturalWidth" | "naturalHeight",
      number
    >;
    const shown = width || naturalWidth;
    const isKnown = naturalWidth > 0 && naturalHeight > 0;
    this.dom.style.setProperty("--picture-width", shown > 0 ? `${shown}px` : "auto");
    this.dom.style.setProperty("--picture-ratio", isKnown ? `${naturalWidth} / ${naturalHeight}` : "auto");
  }
}
