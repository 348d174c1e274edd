import type { Node } from "prosemirror-model";
import { schema } from "../../document/schema.ts";

/** A new document before anything was typed, as the engine makes it. */
export const blankDocument = (): Node => schema.topNodeType.create(null, schema.nodes.paragraph.create());
