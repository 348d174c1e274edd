/** How the address of a link is shown: whose it is stands out, whatever the rest pretends. */

export type ShownAddress = {
  /** Who is asked when it is opened. */
  readonly host: string;
  readonly rest: string;
};

export function shownAddress(href: string): ShownAddress {
  const url = URL.parse(href);
  if (!url) return { host: "", rest: plain(href) };
  if (url.protocol === "mailto:") return { host: plain(decoded(url.pathname)), rest: "" };
  // Names in other letters stay as the network has them: "аpple" is none of ours to make pretty.
  const rest =
    url.pathname === "/" && url.search === "" && url.hash === "" ? "" : url.pathname + url.search + url.hash;
  return { host: url.host, rest: plain(decoded(rest)) };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Signs that turn the direction of what follows, and those that cannot be seen, would show another address. */
const plain = (text: string): string => text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "\ufffd");
