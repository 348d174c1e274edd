/** Images and files in the editor: how they look, and what becomes of what is pasted or dropped. */
import { Plugin } from "prosemirror-state";
import type { Slice } from "prosemirror-model";
import { dataImagesIn, onlyImageIn } from "./data-images.ts";
import { fileView } from "./file-view.ts";
import type { FileHost } from "./file-view.ts";
import { imageView, inlineImageView } from "./image-views.ts";
import type { PictureHost } from "./picture.ts";

export type ImagesHost = PictureHost &
  FileHost & {
    /** Stores pictures and inserts them; null is where the caret is. `known` is what is said of a single one. */
    addFiles(files: readonly File[], place: number | null, known: Record<string, unknown>): void;
    /** Stores files and inserts them as files. */
    addAttachments(files: readonly File[], place: number | null): void;
    /** Says what could not be taken. */
    refuse(words: string): void;
    /** The same for text that has pictures written out in it. */
    addSlice(slice: Slice, place: number | null): void;
  };

const isPicture = ({ type }: File): boolean => type.startsWith("image/");

/** The names of folders among files that come from outside: those have no bytes of their own. */
export const foldersOf = (data: DataTransfer): Set<string> =>
  new Set(
    [...data.items]
      .map((item) => (item.kind === "file" ? item.webkitGetAsEntry() : null))
      .flatMap((entry) => (entry?.isDirectory ? [entry.name] : [])),
  );

export const folderWords = (name: string): string =>
  `${name} was not added: it is a folder. Pack it into an archive (ZIP, for instance), and add that.`;

/** Files on the clipboard that are all there is, and not a rendering of a text that is there as well. */
function filesOf(data: DataTransfer | null): File[] {
  const files = [...(data?.files ?? [])];
  // Office programs put a picture of the text beside it; file managers put a file's name there.
  const isText =
    data !== null && data.getData("text/html") !== "" && data.getData("text/plain").trim() !== "";
  return isText ? [] : files;
}

/** Of a picture that was copied in a browser: what its page called it, and where it is from. */
function knownOf(slice: Slice): Record<string, unknown> {
  const { alt = "", title = "", source = "" } = onlyImageIn(slice)?.attrs ?? {};
  const isAddress = typeof source === "string" && /^https?:/i.test(source);
  return { alt: alt as string, title: title as string, source: isAddress ? source : "" };
}

export const imagesPlugin = (host: ImagesHost): Plugin =>
  new Plugin({
    props: {
      nodeViews: { image: imageView(host), image_inline: inlineImageView(host), file: fileView(host) },
      handlePaste: (_view, event, slice) => {
        const all = filesOf(event.clipboardData);
        const folders = event.clipboardData ? foldersOf(event.clipboardData) : new Set<string>();
        const files = all.filter(isPicture);
        const others = all.filter((one) => !isPicture(one) && !folders.has(one.name));
        if (all.length > 0) for (const name of folders) host.refuse(folderWords(name));
        if (others.length > 0) host.addAttachments(others, null);
        if (files.length > 0) host.addFiles(files, null, files.length === 1 ? knownOf(slice) : {});
        else if (dataImagesIn(slice).length > 0) host.addSlice(slice, null);
        else return all.length > 0;
        return true;
      },
      // Files come by way of the window; this is what is dragged out of another page.
      handleDrop: (view, event, slice) => {
        if (dataImagesIn(slice).length === 0) return false;
        const at = view.posAtCoords({ left: event.clientX, top: event.clientY });
        host.addSlice(slice, at?.pos ?? null);
        return true;
      },
    },
  });
