/** Which link targets may live in a document: at parse, at render from the CRDT, and at click. */

/** A longer one is no link: nobody made it to be followed, and every device would carry it. */
export const hrefCharsMax = 8_192;

const safeSchemes = new Set(["http", "https", "mailto"]);

/**
 * Whether `href` may be a link: an absolute http, https or mailto URL, or a relative one.
 * Browsers drop tabs, newlines and leading control characters before they read the scheme, so
 * "java\nscript:" is a script to them; it is judged as they would read it.
 */
export function isSafeHref(href: string): boolean {
  if (href.length > hrefCharsMax) return false;
  // eslint-disable-next-line no-control-regex -- control characters are what this is about
  const asRead = href.replace(/[\u0000-\u0020\u007f-\u009f]/g, "");
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(asRead)?.[1];
  return scheme === undefined || safeSchemes.has(scheme.toLowerCase());
}

/** Whether an image may be fetched from there: where a link may point, and what is an image itself. */
export const isSafeSource = (source: string): boolean =>
  source !== "" && (isSafeHref(source) || /^data:image\//i.test(source));

/**
 * An address as it is shown to somebody who may open it: what turns the direction of writing, what has no width, and
 * what is no character stands encoded, so that it reads in the order in which it is followed.
 */
export const shownHref = (href: string): string =>
  href
    .toWellFormed()
    .replace(
      /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Zs}\p{Variation_Selector}\u115f\u1160\u3164\uffa0]/gu,
      encodeURIComponent,
    );
