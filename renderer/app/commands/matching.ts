/**
 * Which of some names somebody means who types a few letters: fuzzy, and the likeliest first. Every letter
 * has to be there in order; what begins words counts more, and so do letters in a row.
 */

/** Higher is likelier; null where it is not meant at all. Letters are compared without case and accents. */
export function score(typed: string, name: string): number | null {
  const wanted = folded(typed).replaceAll(/\s+/g, "");
  if (wanted === "") return 0;
  const text = folded(name);
  const direct = text.indexOf(folded(typed.trim()));
  if (direct >= 0) return 1000 - direct + (isWordStart(text, direct) ? 500 : 0) - text.length / 100;
  let sum = 0;
  let at = -1;
  for (const letter of wanted) {
    const next = nextOf(text, letter, at + 1);
    if (next < 0) return null;
    sum += isWordStart(text, next) ? 10 : next === at + 1 ? 5 : -2;
    at = next;
  }
  return sum - text.length / 100;
}

/** The start of a word where there is one, else wherever the letter comes next. */
function nextOf(text: string, letter: string, from: number): number {
  const next = text.indexOf(letter, from);
  if (next < 0 || next === from || isWordStart(text, next)) return next;
  for (let at = next; at >= 0; at = text.indexOf(letter, at + 1)) if (isWordStart(text, at)) return at;
  return next;
}

const folded = (text: string): string => text.normalize("NFD").replaceAll(/\p{M}/gu, "").toLowerCase();
const isWordStart = (text: string, at: number): boolean =>
  at === 0 || /[^\p{L}\p{N}]/u.test(text[at - 1] ?? "");
