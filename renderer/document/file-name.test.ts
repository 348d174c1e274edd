import fc from "fast-check";
import { expect, test } from "vitest";
import { fileNameFrom, isFileName, isMediaType } from "./file-name.ts";
import { fileFromPath, filePath } from "./file-path.ts";
import { fileNameCharsMax } from "./limits.ts";

const hash = "a".repeat(64);

test.each([
  ["report.pdf", "report.pdf"],
  ["  Größe 😀 .txt ", "Größe 😀 .txt"],
  ["../../etc/passwd", ".. .. etc passwd"],
  ["C:\\Windows\\x.exe", "C: Windows x.exe"],
  ["annual\u202Efdp.exe", "annual fdp.exe"],
  ["a\u0000b\r\nc\u2028d\u200Fe", "a b c d e"],
  ["half \uD83D", "half"],
  ["\u202E", ""],
])("a name from elsewhere, %j, becomes %j", (given, name) => {
  expect(fileNameFrom(given)).toBe(name);
});

test("a name as long as one may be stays, a longer one keeps its extension", () => {
  const stem = "x".repeat(fileNameCharsMax - 4);
  expect(fileNameFrom(`${stem}.pdf`)).toBe(`${stem}.pdf`);
  expect(fileNameFrom(`${stem}y.pdf`)).toBe(`${stem}.pdf`);
  expect(fileNameFrom(`${"😀".repeat(200)}.pdf`)).toBe(`${"😀".repeat(125)}.pdf`);
  expect(fileNameFrom("y".repeat(fileNameCharsMax + 1))).toBe("y".repeat(fileNameCharsMax));
  expect(isFileName("y".repeat(fileNameCharsMax))).toBe(true);
  expect(isFileName("y".repeat(fileNameCharsMax + 1))).toBe(false);
});

test("whatever is given, what comes of it is a name, and stays the same name", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 400 }), (given) => {
      const name = fileNameFrom(given);
      expect(isFileName(name)).toBe(true);
      expect(fileNameFrom(name)).toBe(name);
    }),
    { numRuns: 1000 },
  );
});

test("a media type is two words and nothing else", () => {
  for (const type of ["", "text/html", "application/vnd.ms-excel.sheet.macroEnabled.12", "image/svg+xml"])
    expect(isMediaType(type)).toBe(true);
  for (const type of ["text", "text/html; charset=x", "text/ht ml", "a/b/c", "a/b\n", `a/${"b".repeat(65)}`])
    expect(isMediaType(type)).toBe(false);
});

test("beside a Markdown file nothing is called so that a double click runs it", () => {
  expect(filePath(hash, "Report.PDF")).toBe(`files/${hash}.pdf`);
  for (const name of ["a.exe", "a.html", "a.svg", "a.js", "a.pdf.bat", "a.desktop", "a", "", "a.pdf/../x"])
    expect(filePath(hash, name)).toBe(`files/${hash}.bin`);
  expect(filePath("../../x", "a.pdf")).toBeNull();
});

test("the file of an address is read back, and no other address is one", () => {
  for (const name of ["a.pdf", "a.exe"]) expect(fileFromPath(filePath(hash, name) ?? "")).toBe(hash);
  for (const path of [
    `files/${hash}`,
    `files/${hash}.exe`,
    `files/${hash}.pdf.pdf`,
    `files/${hash}.pdf\n`,
    `/files/${hash}.pdf`,
    `https://a.b/files/${hash}.pdf`,
    `files/${hash.toUpperCase()}.pdf`,
    `images/${hash}.pdf`,
    "files/a.pdf",
  ])
    expect(fileFromPath(path)).toBeNull();
});
