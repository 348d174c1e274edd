/**
 * What Node is started with where tests run Automerge for long; the relay's child for documents has it too.
 *
 * V8 13.6, which Node 24 is built with, ends the process with "Check failed: jit_page_->allocations_.erase(addr) == 1"
 * where a call out of WebAssembly is compiled anew in the moment in which its old code is collected: the code is freed
 * twice (nodejs/node#66366, mended in V8 9b8ca54d5a). Without the collection of code, a few megabytes, there is no such
 * moment. To be removed with the first Node that has the mend.
 */
export const nodeFlags: readonly string[] = ["--no-wasm-code-gc"];
