/** In electron/host: main and the window share the contract and nothing else. */
export { schema } from "../../renderer/document/schema.ts";
