/** Documents to begin with, as one Yjs update each. */
import { randomBytes } from "node:crypto";
import * as Y from "yjs";
import type { Content } from "./client.ts";
import { keystrokes } from "./keystrokes.ts";
import { words } from "./words.ts";
import { seedClientId, type YSeed } from "./yjs-client.ts";

const name = (): string => `bench-${randomBytes(8).toString("hex")}`;

export async function makeYSeed(content: Content): Promise<YSeed> {
  const document = new Y.Doc();
  document.clientID = seedClientId;
  const text = document.getText("text");
  if (content.kind === "text") {
    const source = words(content.chars);
    for (let at = 0; at < source.length; at += content.charsPerChange)
      text.insert(at, source.slice(at, at + content.charsPerChange));
  } else {
    const strokes = await keystrokes();
    document.transact(() => {
      for (const stroke of strokes) {
        if (stroke.text === undefined) text.delete(stroke.at, 1);
        else text.insert(stroke.at, stroke.text);
      }
    });
  }
  const update = Buffer.from(Y.encodeStateAsUpdate(document));
  const clock = Y.getState(document.store, seedClientId);
  return { name: name(), update, clock };
}

/** The same document under another name. */
export const renamedY = (seed: YSeed): YSeed => ({ ...seed, name: name() });
