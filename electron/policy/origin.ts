/**
 * The app's own origin. It is the key of everything stored in the browser: change it, and every profile
 * starts empty.
 */
export const appScheme = "app";
export const appHost = "deckle";
export const appOrigin = `${appScheme}://${appHost}`;
export const appUrl = `${appOrigin}/`;

/**
 * True for URLs below app://deckle/. By parts, not by prefix: `app://deckle.example/` begins with the
 * origin, and the URL standard gives schemes that it does not know no origin to compare.
 */
export function isAppUrl(url: string): boolean {
  const parsed = parseUrl(url);
  return (
    parsed !== null && parsed.protocol === `${appScheme}:` && parsed.host === appHost && !parsed.username
  );
}

/** `URL.parse` without its need for Node 22: the stand-in Electron has 20. */
export function parseUrl(url: string): URL | null {
  try {
    return new URL(url);
  } catch {
    return null;
  }
}
