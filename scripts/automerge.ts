/** Loads Automerge's WebAssembly in Node for code that imports the slim build, as the engine does. */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { initializeWasm, isWasmInitialized } from "@automerge/automerge/slim";

export async function useAutomerge(): Promise<void> {
  if (isWasmInitialized()) return;
  const path = createRequire(import.meta.url).resolve("@automerge/automerge/automerge.wasm");
  await initializeWasm(await readFile(path));
}
