/**
 * The Content-Security-Policy of the window and of its worker scripts. As a response header on both: a
 * worker does not inherit the document's, and without its own it could eval and reach any host.
 */

/** `relayOrigin` is one that `parseRelayUrl` gave: its characters are known to be harmless here. */
export function contentSecurityPolicy(relayOrigin: string | null): string {
  const connect = relayOrigin === null ? "'self'" : `'self' ${relayOrigin}`;
  return [
    "default-src 'none'",
    // Automerge is WebAssembly; nothing else may be compiled from text.
    "script-src 'self' 'wasm-unsafe-eval'",
    "worker-src 'self'",
    // ProseMirror and React set style attributes.
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' blob: data:",
    "font-src 'self'",
    `connect-src ${connect}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-src 'none'",
    "frame-ancestors 'none'",
    "object-src 'none'",
    "require-trusted-types-for 'script'",
    // ProseMirror parses what is pasted; the window makes the URL of its worker. No other policy may exist.
    "trusted-types ProseMirrorClipboard app-workers",
  ].join("; ");
}
