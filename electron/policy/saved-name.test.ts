import { expect, test } from "vitest";
import { exportNameCharsMax } from "./limits.ts";
import { savedName } from "./saved-name.ts";

test.each([
  ["Report.pdf", "Report.pdf"],
  ["archive.tar.gz", "archive.tar.gz"],
  ["Größe 😀.txt", "Größe 😀.txt"],
  ["", "File"],
  ["no extension", "no extension"],
  ["x.", "x"],
  [".bashrc", "bashrc"],
  ["..", "File"],
  ["../../.ssh/authorized_keys", "-..-.ssh-authorized_keys"],
  ["C:\\Windows\\x.exe", "C--Windows-x.exe"],
  ["annual\u202Efdp.exe", "annual fdp.exe"],
  ["a.ex\u202Ee", "a.ex e"],
  ["a.p/df", "a.p-df"],
  ["nul.txt", "nul-.txt"],
  ["a\u0000b.pdf", "a b.pdf"],
])("attack: a file called %j is offered as %j", (name, offered) => {
  expect(savedName(name)).toBe(offered);
});

test("a long name is cut, its extension kept", () => {
  expect(savedName(`${"x".repeat(exportNameCharsMax + 1)}.pdf`)).toBe(
    `${"x".repeat(exportNameCharsMax)}.pdf`,
  );
});
