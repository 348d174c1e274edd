/**
 * What a window may load. It shows one page for its whole life, so no navigation is allowed; of requests
 * only those to the app itself, to its relay, and in development to the developer tools.
 */
import { appOrigin, isAppUrl, parseUrl } from "./origin.ts";

export function requestAllowed(url: string, relayOrigin: string | null): boolean {
  if (isAppUrl(url)) return true;
  // Made by the page from bytes that it already has; which of them may be used is the CSP's business.
  if (url.startsWith("data:") || url.startsWith(`blob:${appOrigin}/`)) return true;
  const parsed = parseUrl(url);
  if (parsed === null) return false;
  if (parsed.protocol === "devtools:") return true;
  return relayOrigin !== null && `${parsed.protocol}//${parsed.host}` === relayOrigin && !parsed.username;
}
