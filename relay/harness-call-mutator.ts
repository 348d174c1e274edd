/**
 * For tests only: bodies of calls about access, spoiled in their bytes, their fields and their values. The same seed
 * gives the same bodies for the same sound ones.
 */
const interesting: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1.5,
  2 ** 31,
  2 ** 53,
  1e308,
  "",
  " ",
  "x",
  "owner",
  "none",
  "operator",
  "__proto__",
  "constructor",
  "../../x",
  "a\0b",
  "a\nb",
  "\u202e",
  "\ud800",
  "x".repeat(300),
  "x".repeat(15_000),
  "0".repeat(64),
  "0".repeat(32),
  [],
  {},
  [[]],
  { toString: 1, valueOf: 1, length: 1e9 },
];

type Body = Readonly<Record<string, unknown>>;

export class CallMutator {
  readonly #random: () => number;
  /** Fields of all calls, of which one may stand where another belongs. */
  readonly #fields: readonly (readonly [string, unknown])[];

  constructor(random: () => number, sound: readonly object[]) {
    this.#random = random;
    this.#fields = sound.flatMap((body) => Object.entries(body));
  }

  next(sound: object): string {
    let body: Body = { ...sound };
    for (let times = this.#below(3); times > 0; times--) body = this.#spoiled(body);
    const text = JSON.stringify(body);
    switch (this.#below(8)) {
      case 0:
        return this.#flipped(text);
      case 1:
        return text.slice(0, this.#below(text.length + 1));
      case 2:
        return this.#odd(text);
      default:
        return text;
    }
  }

  #spoiled(body: Body): Body {
    const keys = Object.keys(body);
    const key = this.#of(keys) ?? "x";
    switch (this.#below(5)) {
      case 0:
        return Object.fromEntries(Object.entries(body).filter(([each]) => each !== key));
      case 1:
        return { ...body, [key]: this.#of(interesting) };
      case 2: {
        const [, value] = this.#of(this.#fields) ?? ["x", 0];
        return { ...body, [key]: value };
      }
      case 3: {
        const [name, value] = this.#of(this.#fields) ?? ["x", 0];
        return { ...body, [name]: value };
      }
      default: {
        const value = body[key];
        return { ...body, [key]: typeof value === "string" ? this.#flipped(value) : [value] };
      }
    }
  }

  /** What JSON can be beside a plain object. */
  #odd(text: string): string {
    const odd = [
      `[${text}]`,
      `{"__proto__":${text}}`,
      `${text.slice(0, -1)},"__proto__":{"workspace":1}}`,
      `${text.slice(0, -1)}${text === "{}" ? "" : ","}${text.slice(1)}`,
      `\ufeff${text}`,
      `${"[".repeat(7_000)}${"]".repeat(7_000)}`,
      `{"x":`.repeat(3_000) + text + "}".repeat(3_000),
      `"${"\\u0000".repeat(2_000)}"`,
      "9".repeat(10_000),
      " ".repeat(20_000),
      "",
      "null",
      "undefined",
    ];
    return this.#of(odd) ?? text;
  }

  #flipped(text: string): string {
    const at = this.#below(text.length);
    return text.slice(0, at) + String.fromCharCode(32 + this.#below(95)) + text.slice(at + 1);
  }
  #below(count: number): number {
    return Math.floor(this.#random() * count);
  }
  #of<Value>(values: readonly Value[]): Value | undefined {
    return values[this.#below(values.length)];
  }
}
