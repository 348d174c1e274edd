import { describe, expect, it } from "vitest";
import { exportNameCharsMax, sameNamesMax } from "./limits.ts";
import { keepRoute } from "./keep-route.ts";
import { doWithOwn, editedNames, found, blobsOf, mayTake, mirrorNames, nameKey } from "./mirror.ts";

function first<T>(all: () => Iterable<T>, count: number): T[] {
  return [...all()].slice(0, count);
}

describe("the names of a readable copy's files", () => {
  it("are the title, then the title and a number", () =>
    expect(first(() => mirrorNames("Field notes"), 3)).toEqual([
      "Field notes.md",
      "Field notes 2.md",
      "Field notes 3.md",
    ]));
  it.each([
    ["", "Untitled.md"],
    ["../../etc/passwd", "-..-etc-passwd.md"],
    ["con", "con-.md"],
    ["a".repeat(exportNameCharsMax + 1), `${"a".repeat(exportNameCharsMax)}.md`],
  ])("%j is kept as %j", (title, name) => expect(first(() => mirrorNames(title), 1)).toEqual([name]));
  it("end somewhere", () => {
    expect([...mirrorNames("x")].length).toBe(sameNamesMax);
    expect([...editedNames("x.md")].length).toBe(sameNamesMax);
  });
  it("say what was edited elsewhere", () =>
    expect(first(() => editedNames("Notes.md"), 2)).toEqual([
      "Notes (edited outside Deckle).md",
      "Notes (edited outside Deckle) 2.md",
    ]));
  it("are the same name in either case and in either spelling of an accent", () => {
    expect(nameKey("CAFÉ.md")).toBe(nameKey("cafe\u0301.md"));
    expect(nameKey("a.md")).not.toBe(nameKey("b.md"));
  });
});

describe("a file that is there already", () => {
  it("is told apart by what it holds", () => {
    expect(found(null, "new", "old")).toBe("nothing");
    expect(found("new", "new", "old")).toBe("wanted");
    expect(found("old", "new", "old")).toBe("ours");
    expect(found("else", "new", "old")).toBe("other");
    expect(found("else", "new", null)).toBe("other");
  });
  it("is overwritten only where it is as we left it", () => {
    expect(doWithOwn("nothing")).toBe("write");
    expect(doWithOwn("ours")).toBe("write");
    expect(doWithOwn("wanted")).toBe("leave");
    expect(doWithOwn("other")).toBe("set-aside");
  });
  it("is taken over only where it is nobody's and holds what we would write", () => {
    expect(mayTake("nothing", false)).toBe(true);
    expect(mayTake("wanted", false)).toBe(true);
    expect(mayTake("ours", false)).toBe(false);
    expect(mayTake("other", false)).toBe(false);
    expect(mayTake("nothing", true)).toBe(false);
    expect(mayTake("wanted", true)).toBe(false);
  });
});

describe("the images and files that a text names", () => {
  const [one, two] = ["a".repeat(64), "0".repeat(64)];
  it("are those of our folder, each once", () =>
    expect(
      blobsOf(
        `![x](images/${one}.png) ![y](images/${two}.jpeg "z") ![again](images/${one}.png) [z](files/${one}.bin)`,
      ),
    ).toEqual([
      { sha256: one, name: `images/${one}.png` },
      { sha256: two, name: `images/${two}.jpeg` },
      { sha256: one, name: `files/${one}.bin` },
    ]));
  it.each([
    "![](https://example.org/images/a.png)",
    `![](images/${one})`,
    `![](images/../${one}.png)`,
    `![](images/${one}0.png)`,
    `![](images/${one.toUpperCase()}.png)`,
    // What a double click would run: no name of ours ends so.
    `[](files/${one}.exe)`,
    `[](files/${one}.html)`,
    `![](images/${one}.js)`,
    `[](files/../${one}.pdf)`,
    "",
  ])("%j names none", (markdown) => expect(blobsOf(markdown)).toEqual([]));
});

describe("the readable copy below /keep/", () => {
  const asked = (path: string, method: string) =>
    keepRoute({ url: `app://deckle/keep/${path}`, method, header: "1" });
  const document = "2VjzvT9WRgSK4ZzBTxGcmmEZtPYY";
  it("is asked for as a whole, and written a document at a time", () => {
    expect(asked("mirror", "GET")).toEqual({ ok: true, route: { area: "mirrors" } });
    expect(asked("mirror", "POST")).toEqual({ ok: false, status: 405 });
    expect(asked(`mirror/${document}`, "POST")).toEqual({ ok: true, route: { area: "mirror", document } });
    expect(asked(`mirror/${document}`, "GET")).toEqual({ ok: false, status: 405 });
    expect(asked("mirror/../x", "POST")).toEqual({ ok: false, status: 404 });
    expect(asked("named", "POST")).toEqual({ ok: false, status: 404 });
  });
});
