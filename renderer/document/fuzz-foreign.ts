/**
 * Random edits of a document by something that is not this binding: a newer version with blocks,
 * containers, marks and objects that we do not know, or a program that writes what makes no sense
 * (a cell outside of a row, the end of nothing). They delete no text.
 */
import { containerTypes, parseContainer } from "./block.ts";
import type { Container } from "./block.ts";
import type { Letters } from "./fuzz-edits.ts";
import type { Operation } from "./operations.ts";
import type { Random } from "./random.ts";
import type { Span } from "./render.ts";
import { stringOf } from "./scalar.ts";
import type { Scalar } from "./scalar.ts";
import { embedCharacter } from "./stored-marks.ts";

const types = ["paragraph", "heading", "image", "horizontal_rule", "code_block", "kanban", "end", "table"];
const markNames = ["glow", "strong", "comment:z", "link", "embed", "embed/alt"];

/** @param spans of the body as it is */
export function foreignEdit(spans: readonly Span[], random: Random, letters: Letters): Operation[] {
  const places: number[] = []; // offsets that cut no surrogate pair
  const markers: number[] = [];
  const paths: Container[][] = [[]];
  let at = 0;
  for (const span of spans) {
    if (span.type === "block") {
      markers.push(at);
      paths.push(pathOf(span.value["parents"]));
      places.push(at++);
    } else
      for (const character of span.value) {
        places.push(at);
        at += character.length;
      }
  }
  places.push(at);
  const some = (): Scalar => random.pick([true, "blue", 7, "", "3"]);
  const path = (): Container[] => {
    const own = [...random.pick(paths)];
    if (random.chance(0.5))
      own.splice(random.below(own.length + 1), 0, { type: "galaxy", id: `g${random.below(2)}` });
    if (random.chance(0.3)) own.splice(random.below(own.length + 1), 1);
    if (random.chance(0.2)) own.push({ type: random.pick([...containerTypes]), id: `x${random.below(3)}` });
    return own;
  };
  const attrs = (): Record<string, Scalar> => ({
    [random.pick(["level", "hue", "g0/hue", "x0/start", "x1/colspan"])]: some(),
  });
  const operations: Operation[] = [];
  const from = random.pick(places);
  const [first = 0, last = 0] = [from, random.pick(places)].sort((a, b) => a - b);
  switch (random.below(5)) {
    case 0:
      operations.push({
        type: "insertBlock",
        at: from,
        block: { type: random.pick(types), parents: path(), attrs: attrs() },
      });
      break;
    case 1:
      if (markers.length > 0)
        operations.push({
          type: "updateBlock",
          at: random.pick(markers),
          change: random.pick([{ type: random.pick(types) }, { parents: path() }, { attrs: attrs() }]),
        });
      break;
    case 2:
      if (first < last)
        operations.push({ type: "mark", from: first, to: last, name: random.pick(markNames), value: some() });
      break;
    case 3:
      operations.push({ type: "splice", at: from, deleteCount: 0, text: letters.word(1 + random.below(3)) });
      break;
    default:
      operations.push({ type: "splice", at: from, deleteCount: 0, text: embedCharacter });
      operations.push({
        type: "mark",
        from,
        to: from + 1,
        name: "embed",
        value: random.pick(["poll", "image_inline"]),
      });
      operations.push({ type: "mark", from, to: from + 1, name: "embed/alt", value: some() });
  }
  return operations;
}

function pathOf(stored: unknown): Container[] {
  if (!Array.isArray(stored)) return [];
  return (stored as unknown[]).flatMap((entry) => parseContainer(stringOf(entry)) ?? []);
}
