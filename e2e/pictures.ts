/** Pictures for tests: PNG files of one colour, and how they come into a page as a person brings them. */
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { crc32, deflateSync } from "node:zlib";
import type { Page } from "playwright";

export interface Picture {
  readonly name: string;
  readonly bytes: Buffer;
  readonly sha256: string;
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}

/** A PNG, drawn line by line. @param colour of a line: red, green, blue */
export function picture(
  name: string,
  width: number,
  height: number,
  colour: (line: number) => readonly [number, number, number],
): Picture {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2], 8); // 8 bits each of red, green and blue
  const lines = Array.from({ length: height }, (_, line) =>
    Buffer.concat([Buffer.from([0]), Buffer.alloc(width * 3, Buffer.from(colour(line)))]),
  );
  const bytes = Buffer.concat([
    Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]),
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(Buffer.concat(lines))),
    chunk("IEND", Buffer.alloc(0)),
  ]);
  return { name, bytes, sha256: createHash("sha256").update(bytes).digest("hex") };
}

const inPage = ({ name, bytes }: Picture) => ({ name, base64: bytes.toString("base64") });
const text = (page: Page) => page.getByRole("textbox", { name: "Document text" });

/** Pastes it where the caret is, as a program that copies pictures puts them on the clipboard. */
export async function pastePicture(page: Page, one: Picture): Promise<void> {
  await text(page).evaluate((dom, { name, base64 }) => {
    const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
    const clipboardData = new DataTransfer();
    clipboardData.items.add(new File([bytes], name, { type: "image/png" }));
    dom.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
  }, inPage(one));
}

/** Drops files of the system onto the paragraph with these words. */
export async function dropFile(page: Page, words: string, one: Picture, type = "image/png"): Promise<void> {
  await text(page)
    .getByText(words)
    .evaluate(
      (dom, { name, base64, type: mediaType }) => {
        const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
        const dataTransfer = new DataTransfer();
        dataTransfer.items.add(new File([bytes], name, { type: mediaType }));
        const box = dom.getBoundingClientRect();
        const at = { clientX: box.left + 3, clientY: box.top + box.height / 2 };
        for (const event of ["dragenter", "dragover", "drop"])
          dom.dispatchEvent(
            new DragEvent(event, { ...at, dataTransfer, bubbles: true, cancelable: true, composed: true }),
          );
      },
      { ...inPage(one), type },
    );
}

/** The hashes of the pictures that are shown, from the top; "" for one that is not here. */
export async function shownPictures(page: Page): Promise<string[]> {
  return text(page).evaluate((dom) =>
    [...dom.querySelectorAll("figure img")].map((img) =>
      img instanceof HTMLImageElement && img.naturalWidth > 0 && img.getBoundingClientRect().width > 0
        ? (/\/blob\/([0-9a-f]{64})$/.exec(img.src)?.[1] ?? "")
        : "",
    ),
  );
}

/** The file of a blob below a folder, wherever it is, and what it holds; null where there is none. */
export async function blobBelow(folder: string, sha256: string): Promise<Buffer | null> {
  const files = await readdir(folder, { recursive: true, withFileTypes: true });
  const file = files.find((one) => one.isFile() && basename(one.name) === sha256);
  return file ? readFile(join(file.parentPath, file.name)) : null;
}
