import { describe, expect, it } from "vitest";
import { importBytesMax } from "../limits.ts";
import { readDropped } from "./dropped-files.ts";

describe("a dropped file", () => {
  it("is read as UTF-8, without its byte order mark", async () => {
    const result = await readDropped(new File([new Uint8Array([0xef, 0xbb, 0xbf]), "# Näh\n"], "a.md"));
    expect(result).toEqual({ ok: true, file: { name: "a.md", text: "# Näh\n" } });
  });

  it("that is not UTF-8 is refused, not mended", async () => {
    const result = await readDropped(new File([new Uint8Array([0x63, 0xe9])], "latin.md"));
    expect(result).toMatchObject({ ok: false, code: "not-utf-8" });
  });

  it("that is neither Markdown nor text is left alone", async () => {
    expect(await readDropped(new File(["x"], "a.docx"))).toMatchObject({ ok: false, code: "not-markdown" });
  });

  it("may be as large as the limit and no larger", async () => {
    const at = new File([new Uint8Array(importBytesMax).fill(0x61)], "a.txt");
    const past = new File([new Uint8Array(importBytesMax + 1).fill(0x61)], "a.txt");
    expect(await readDropped(at)).toMatchObject({ ok: true });
    expect(await readDropped(past)).toMatchObject({ ok: false, code: "too-large" });
  });
});
