/**
 * Cached renderings: what a document looked like when it was last open, for a window to show before
 * the engine has loaded it. A cache and nothing more: failures are ignored, contents are checked.
 */
import type { Node } from "prosemirror-model";
import { IdbValues, type Values } from "./database.ts";
import type { DocumentId } from "./port.ts";

/** Counted up whenever `render` gives another document for the same spans. */
export const renderVersion = 4;

const databaseName = "deckle-renderings";
const store = "renderings";

/** Names a rendering by what it was made from. */
export const renderingName = (heads: readonly string[]): string =>
  `${renderVersion}:${[...heads].sort().join(",")}`;

export class Renderings {
  private readonly values: Values;

  constructor(values: Values = new IdbValues(databaseName, 1, [store])) {
    this.values = values;
  }

  async write(document: DocumentId, rendering: string, title: string, doc: Node): Promise<void> {
    try {
      const value = { rendering, title, doc: doc.toJSON() as unknown };
      await this.values.put(store, document, value);
    } catch (error) {
      console.warn("a rendering was not cached", error);
    }
  }
}
