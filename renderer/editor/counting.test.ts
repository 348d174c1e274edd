import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  countText,
  latinWords,
  pieces,
  plainCharacters,
  plus,
  noCounts,
  segmentedCharacters,
  segmentedWords,
} from "./counting.ts";
import { pieceChars, pieceCharsMax } from "./limits.ts";

const words = (text: string): number => countText(text).words;

describe("words", () => {
  test.each([
    ["", 0],
    ["  \n ", 0],
    ["One, two.", 2],
    ["Don’t say “don't”.", 3],
    ["a well-known state-of-the-art fact", 4],
    ["here - there – and—there", 4],
    ["1,204 words at 3.14", 4],
    ["2020-2021", 1],
    ["naïve Œuvre straße", 3],
    ["Привет, мир", 2],
    ["안녕하세요 세계", 2],
    ["مرحبا بالعالم", 2],
    ["👩‍👩‍👧 🎉", 0],
  ])("%j has %i", (text, expected) => expect(words(text)).toBe(expected));

  test("of languages without spaces are what a dictionary says", () => {
    expect(words("我能吞下玻璃而不伤身体。")).toBe(6);
    expect(words("これは日本語です。")).toBeGreaterThan(2);
    expect(words("ฉันกินกระจกได้")).toBe(4);
    expect(words("English と 日本語")).toBe(3);
  });
});

describe("characters", () => {
  test.each([
    ["a b", 3, 2],
    ["line\nline", 8, 8],
    ["line\r\nline", 8, 8],
    ["é e\u0301", 3, 2],
    ["👩‍👩‍👧🇩🇪", 2, 2],
    ["กำ", 1, 1],
    ["日本 語", 4, 3],
    ["日本\u3000語", 4, 3],
    ["한국", 2, 2],
    ["한", 1, 1],
  ])("%j: %i, without spaces %i", (text, characters, withoutSpaces) =>
    expect(countText(text)).toMatchObject({ characters, withoutSpaces }),
  );
});

/** What Latin text is made of, and what it may be mixed with. */
const latin = [..."aZ09éßœ \n\t.,;:'’‘-‐_!?()“”–—…/&%²½\u00a0ªµ"];
const others = [..."日本語かカ。、ー한国ЖяαΩאبกำ\u0301\u200d\u00ad\r🇩🇪👩🎉\u202f‿ः्कि"];
const of = (alphabet: readonly string[], maxLength = 60): fc.Arbitrary<string> =>
  fc.array(fc.constantFrom(...alphabet), { maxLength }).map((parts) => parts.join(""));

describe("the quick way counts what the segmenter does", () => {
  test("on every text of four letters of each class", () => {
    const classes = ["a", "1", " ", ".", "’", ",", "-", "!"];
    const texts = classes.flatMap((a) =>
      classes.flatMap((b) =>
        classes.flatMap((c) => classes.flatMap((d) => [a + b + c + d, a + b + c + d + a])),
      ),
    );
    for (const text of texts) expect([text, latinWords(text)]).toEqual([text, segmentedWords(text)]);
  });

  test("on each letter that it takes, between letters, digits and spaces", () => {
    let taken = 0;
    for (let code = 0; code < 0x3000; code++) {
      const one = String.fromCharCode(code);
      if (latinWords(one) === null) continue;
      taken++;
      for (const text of [
        one,
        `a${one}a`,
        `1${one}1`,
        `a${one}1`,
        ` ${one} `,
        `a${one}${one}a`,
        `${one}'${one}`,
      ])
        expect([text, latinWords(text)]).toEqual([text, segmentedWords(text)]);
    }
    expect(taken).toBeGreaterThan(300);
  });

  test("on each character that it takes, beside each other kind of it", () => {
    let taken = 0;
    const wrong: string[] = [];
    for (let code = 0; code < 0x10000; code++) {
      const one = String.fromCharCode(code);
      if (plainCharacters(one) === null) continue;
      taken++;
      const text = `${one}a${one}${one}日${one}가${one} ${one}\n${one}`;
      const fast = plainCharacters(text);
      const slow = segmentedCharacters(text);
      if (fast?.characters !== slow.characters || fast.withoutSpaces !== slow.withoutSpaces)
        wrong.push(code.toString(16));
    }
    expect(wrong).toEqual([]);
    expect(taken).toBeGreaterThan(30_000);
  });

  test("on any text", () => {
    fc.assert(
      fc.property(fc.oneof(of(latin), of([...latin, ...others]), fc.string({ unit: "binary" })), (text) => {
        expect(countText(text)).toEqual({ words: segmentedWords(text), ...segmentedCharacters(text) });
      }),
      { numRuns: 2_000 },
    );
  });

  test("and does take plain prose", () => {
    expect(latinWords("It’s plain – “prose”, isn’t it? About 1,204 words; well-known ones…")).toBe(10);
    expect(plainCharacters("日本語")).not.toBeNull();
    expect(latinWords("a:b")).toBeNull();
  });
});

describe("pieces", () => {
  const sum = (text: string) =>
    pieces(text)
      .map(countText)
      .reduce((all, one) => plus(all, one), noCounts);

  test("have what the whole has", () => {
    const sentence = fc.constantFrom(
      "It’s a well-known fact. ",
      "我能吞下玻璃而不伤身体。",
      "ฉันกินกระจกได้ ",
      "e\u0301 👩‍👩‍👧 ",
      "a  b\n",
    );
    fc.assert(
      fc.property(fc.array(sentence, { minLength: 300, maxLength: 1_200 }), (sentences) => {
        const text = sentences.join("");
        expect(pieces(text).join("")).toBe(text);
        expect(sum(text)).toEqual(countText(text));
      }),
      { numRuns: 20 },
    );
  });

  test("are one up to the limit, and two past it", () => {
    const words = "word ".repeat(pieceChars);
    expect(pieces(words.slice(0, pieceChars))).toHaveLength(1);
    expect(pieces(words.slice(0, pieceChars + 10))).toHaveLength(2);
  });

  test("of a text without borders are cut all the same, and no pair is", () => {
    const text = `a${"🎉".repeat(pieceCharsMax)}`;
    expect(pieces(text).every(({ length }) => length <= pieceCharsMax)).toBe(true);
    expect(sum(text).characters).toBe(pieceCharsMax + 1);
  });
});
