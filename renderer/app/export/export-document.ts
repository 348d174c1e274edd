/** Writes a document as a Markdown file, wherever the person says. The writer's code is fetched when it is needed. */
import type { Node } from "prosemirror-model";
import type { Bridge } from "../../../electron/ipc.ts";
import { exportCharsMax } from "../limits.ts";
import { exportName } from "./export-name.ts";

/** @returns null, also where the person thought better of it; or in words why there is no file */
export async function exportDocument(
  bridge: Pick<Bridge, "exportText">,
  title: string,
  doc: Node,
): Promise<string | null> {
  const { writeMarkdown } = await import("../../document/markdown-write.ts");
  const text = writeMarkdown(title, doc);
  if (text.length > exportCharsMax) return "This document is too long for one file.";
  const answer = await bridge.exportText({ name: exportName(title), text });
  return answer.ok ? null : answer.message;
}
