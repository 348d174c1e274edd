/**
 * Pictures and files on their way into a text: each is stored on this disk first and then inserted where it was put,
 * wherever that has moved to meanwhile. What cannot be stored is said, and nothing of it is inserted.
 */
import type { Node, Slice } from "prosemirror-model";
import type { EditorState, Transaction } from "prosemirror-state";
import { closeHistory } from "prosemirror-history";
import { schema } from "../document/schema.ts";
import { dataImagesIn, fileFrom, onlyImageIn, withStored } from "./data-images.ts";
import { fileNameFrom, isMediaType } from "../document/file-name.ts";
import { insertFile } from "./file-commands.ts";
import { insertImage } from "./insert-image.ts";
import type { Inserted } from "./insert-image.ts";
import { fileBytesMax, pictureBytesMax } from "./limits.ts";
import { placeOf, setPlace } from "./picture-places.ts";

/** The text that they go into: a session, whether or not it is on screen. */
export type ImageTarget = {
  readonly state: EditorState | null;
  readonly isEditable: boolean;
  dispatch(tr: Transaction): void;
};

export type KeptPicture =
  | { ok: true; sha256: string; bytes: number; type: string }
  | { ok: false; reason: string };

export type AddingOptions = {
  target: ImageTarget;
  /** Stores the bytes; resolves when they are on the disk, or to the reason in words. */
  keep: (file: Blob) => Promise<KeptPicture>;
  /** The picture's own size in pixels; null where it is no picture that can be shown. */
  measure: (file: Blob) => Promise<{ width: number; height: number } | null>;
  /** Says what did not work. */
  tell: (words: string) => void;
  newId: () => number;
};

type Attrs = Record<string, unknown>;

export class AddingImages {
  readonly #options: AddingOptions;

  constructor(options: AddingOptions) {
    this.#options = options;
  }

  /**
   * @param place where; null is where the caret is
   * @param known of a single one, what the program that it comes from said of it
   */
  async addFiles(files: readonly File[], place: number | null, known: Attrs = {}): Promise<void> {
    const id = this.#start(
      place,
      files.length === 1 ? "Keeping the picture…" : `Keeping ${files.length} pictures…`,
    );
    if (id === null) return;
    try {
      for (const file of files) {
        const attrs = await this.#stored(file);
        if (attrs) this.#insert(id, schema.nodes.image.create({ ...attrs, ...known }));
      }
    } finally {
      this.#end(id);
    }
  }

  /** Files as files, whatever they are: nothing of them is shown or run. */
  async addAttachments(files: readonly File[], place: number | null): Promise<void> {
    const label = files.length === 1 ? "Keeping the file…" : `Keeping ${files.length} files…`;
    const id = this.#start(place, label);
    if (id === null) return this.#options.tell("The file was not added: nothing can be written here now.");
    try {
      for (const file of files) {
        const attrs = await this.#storedFile(file);
        if (attrs) this.#insert(id, schema.nodes.file.create(attrs), label, insertFile);
      }
    } finally {
      this.#end(id);
    }
  }

  /** What was pasted or dropped, as a whole, once its pictures are stored. */
  async addSlice(slice: Slice, place: number | null): Promise<void> {
    const [only, ...more] = dataImagesIn(slice);
    const single = more.length === 0 ? onlyImageIn(slice) : null;
    const file = single && only !== undefined ? fileFrom(only) : null;
    if (single && file) {
      const { alt, title, width } = single.attrs;
      return this.addFiles([file], place, { alt, title, width });
    }
    const id = this.#start(place, "Keeping what was pasted…", true);
    if (id === null) return;
    try {
      const stored = new Map<string, Attrs>();
      for (const address of dataImagesIn(slice)) {
        const picture = fileFrom(address);
        if (!picture) this.#options.tell("A picture was left out: it is not one that Deckle can show.");
        const attrs = picture && (await this.#stored(picture));
        if (attrs) stored.set(address, attrs);
      }
      this.#insertSlice(id, withStored(slice, stored));
    } finally {
      this.#end(id);
    }
  }

  /** Notes the place: a selection's end. Text that is pasted takes the place of the selection, a picture does not. */
  #start(place: number | null, label: string, replaces = false): number | null {
    const { target, newId } = this.#options;
    if (!target.state || !target.isEditable) return null;
    const id = newId();
    const { tr } = target.state;
    if (replaces && place === null) tr.deleteSelection();
    const pos = Math.min(place ?? tr.selection.to, tr.doc.content.size);
    target.dispatch(setPlace(tr, id, { pos, label }));
    return id;
  }

  #end(id: number): void {
    const { target } = this.#options;
    if (target.state) target.dispatch(setPlace(target.state.tr, id, null));
  }

  /** Where it goes now: the place, or where the caret is if the session has begun anew. */
  #placeIn(state: EditorState, id: number): number {
    return placeOf(state, id) ?? state.selection.to;
  }

  #insert(
    id: number,
    one: Node,
    label = "Keeping the picture…",
    insert: (state: EditorState, place: number, one: Node) => Inserted | null = insertImage,
  ): void {
    const { target, tell } = this.#options;
    const { state } = target;
    const inserted = state && target.isEditable ? insert(state, this.#placeIn(state, id), one) : null;
    if (!state || !inserted) {
      const what = one.type === schema.nodes.file ? "file" : "picture";
      return tell(`The ${what} was not added: nothing can be written here now.`);
    }
    // Undone by itself, whatever was typed just before.
    target.dispatch(closeHistory(setPlace(inserted.tr, id, { pos: inserted.after, label })));
  }

  #insertSlice(id: number, slice: Slice): void {
    const { target, tell } = this.#options;
    const { state } = target;
    if (!state || !target.isEditable) return tell("Nothing was pasted: nothing can be written here now.");
    const at = this.#placeIn(state, id);
    target.dispatch(closeHistory(state.tr.replaceRange(at, at, slice)));
  }

  /** The attributes of a stored file; null where it was not stored, which is said. */
  async #storedFile(file: File): Promise<Attrs | null> {
    const { keep, tell } = this.#options;
    const name = fileNameFrom(file.name);
    const refuse = (reason: string): null => {
      tell(`${name || "The file"} was not added: ${reason}`);
      return null;
    };
    if (file.size > fileBytesMax)
      return refuse(
        `it is larger than ${fileBytesMax / 1024 / 1024} MB. Keep it where it is, and link to it.`,
      );
    // A relay keeps no blob of nothing, and there is nothing to keep.
    if (file.size === 0) return refuse("it is empty.");
    const kept = await keep(file);
    if (!kept.ok) return refuse(kept.reason);
    const mediaType = isMediaType(file.type) ? file.type : "";
    return { hash: kept.sha256, name, mediaType, size: kept.bytes };
  }

  /** The attributes of a stored picture; null where it was not stored, which is said. */
  async #stored(file: File): Promise<Attrs | null> {
    const { keep, measure, tell } = this.#options;
    const name = file.name === "" || file.name === "image.png" ? "The picture" : file.name;
    if (file.size > pictureBytesMax) {
      tell(
        `${name} was not added: it is larger than ${pictureBytesMax / 1024 / 1024} MB. Make it smaller, and try again.`,
      );
      return null;
    }
    const size = await measure(file);
    if (!size) {
      tell(
        `${name} was not added: it is no picture that Deckle can show. Save it as PNG or JPEG, and try again.`,
      );
      return null;
    }
    const kept = await keep(file);
    if (!kept.ok) {
      tell(`${name} was not added: ${kept.reason}`);
      return null;
    }
    return {
      hash: kept.sha256,
      mediaType: kept.type.startsWith("image/") ? kept.type : file.type,
      size: kept.bytes,
      naturalWidth: size.width,
      naturalHeight: size.height,
    };
  }
}
