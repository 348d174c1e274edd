/**
 * Which links of a document may be handed to the person's browser or mail program. Anything else could
 * start a program or open a file on the word of whoever wrote the document.
 */
import { linkCharactersMax } from "./limits.ts";
import { parseUrl } from "./origin.ts";

export type Link =
  | { readonly ok: true; readonly url: string }
  | { readonly ok: false; readonly code: "link-refused"; readonly message: string };

export function openableLink(text: string): Link {
  if (text.length > linkCharactersMax) return refuse("This link is too long to open.");
  const url = parseUrl(text);
  if (url === null) return refuse("This link is not a complete address, so it cannot be opened.");
  if (url.protocol !== "https:" && url.protocol !== "mailto:") {
    return refuse(`Only https and mailto links are opened; this one is ${url.protocol}`);
  }
  // https://bank.example@evil.example/ is evil.example, and reads like the bank.
  if (url.username !== "" || url.password !== "") {
    return refuse("This link hides where it leads behind a name before an @, so it is not opened.");
  }
  // As parsed, not as written: the opener must not read it differently from us.
  return { ok: true, url: url.href };
}

function refuse(message: string): Link {
  return { ok: false, code: "link-refused", message };
}
