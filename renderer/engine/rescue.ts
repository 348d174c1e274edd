/**
 * The words of steps whose document is lost: what they inserted, as paragraphs at the end of another state of it.
 * Formatting and place are gone, and what was there already may be there twice; no word is lost.
 */
import { Fragment, Slice, type Node } from "prosemirror-model";
import { ReplaceStep } from "prosemirror-transform";
import { schema } from "../document/schema.ts";
import type { StepJson } from "./port.ts";

/** @returns steps for `doc`; none where nothing was inserted */
export function atEnd(doc: Node, steps: readonly StepJson[]): StepJson[] {
  const lines = steps
    .flatMap((step) => textsOf(step["slice"]))
    .join("")
    .split("\n")
    .filter((line) => line.trim() !== "");
  if (lines.length === 0) return [];
  const paragraphs = lines.map((line) => schema.node("paragraph", null, schema.text(line)));
  const { size } = doc.content;
  const step = new ReplaceStep(size, size, new Slice(Fragment.from(paragraphs), 0, 0));
  return [step.toJSON() as StepJson];
}

/** The texts in a piece of ProseMirror JSON; where one block ends and another begins there is a line end. */
function textsOf(json: unknown): string[] {
  if (Array.isArray(json))
    return json.flatMap((each, i) => [...(i > 0 && !isText(each) ? ["\n"] : []), ...textsOf(each)]);
  if (typeof json !== "object" || json === null) return [];
  if (isText(json)) return [json.text];
  return "content" in json ? textsOf(json.content) : [];
}

const isText = (json: unknown): json is { text: string } =>
  typeof json === "object" && json !== null && "text" in json && typeof json.text === "string";
