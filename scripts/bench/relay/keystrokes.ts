/**
 * A long history, one character a keystroke: the recorded one of a paper (259,778 keystrokes, 104,852 characters in
 * the end) where its file is there, or one that is made up to be like it. The notes of a report say which.
 */
import { hasTrace, paperName, paperTrace } from "../../traces.ts";
import { words } from "./words.ts";

/** Without a text it is a deletion of the character at `at`. */
export interface Keystroke {
  readonly at: number;
  readonly text?: string;
}

export const isRecorded = (): boolean => hasTrace(paperName);

export async function keystrokes(): Promise<Keystroke[]> {
  if (!isRecorded()) return invented();
  const { edits } = await paperTrace();
  return edits.flatMap(({ at, deleteCount, text }) => [
    ...Array.from({ length: deleteCount }, () => ({ at })),
    ...Array.from(text, (character, i) => ({ at: at + i, text: character })),
  ]);
}

const inventedKeystrokes = 260_000;
const inventedChars = 100_000;

/** Bursts of typing, each at some place, and of deleting, in a proportion that ends at 100,000 characters. */
function invented(): Keystroke[] {
  const source = words(inventedKeystrokes);
  const made: Keystroke[] = [];
  let length = 0;
  let state = 7;
  const random = (below: number): number => (state = (state * 48_271) % 2_147_483_647) % below;
  while (made.length < inventedKeystrokes) {
    let at = random(4) === 0 ? random(length + 1) : length;
    // Of 260 keystrokes 180 insert and 80 delete.
    const isTyping = length * inventedKeystrokes <= made.length * inventedChars;
    for (let n = 1 + random(40); n > 0 && made.length < inventedKeystrokes; n--) {
      if (isTyping) {
        made.push({ at: at++, text: source[made.length] ?? "x" });
        length++;
      } else if (at > 0) {
        made.push({ at: --at });
        length--;
      }
    }
  }
  return made;
}
