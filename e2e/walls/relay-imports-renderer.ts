/** In relay/sync: the relay never loads a document. */
export { schema } from "../../renderer/document/schema.ts";
