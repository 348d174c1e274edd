/**
 * The name that a document's file is offered under when a person saves it: as it is called, without what a file's
 * name cannot have anywhere. The extension stays as it is, in sight: nothing is opened by Deckle.
 */
import { plainName } from "./export-name.ts";

export function savedName(name: string): string {
  const dot = name.lastIndexOf(".");
  const extension = dot > 0 ? name.slice(dot + 1) : "";
  const isExtension = /^[\p{L}\p{N}_-]{1,16}$/u.test(extension);
  return isExtension ? `${plainName(name.slice(0, dot), "File")}.${extension}` : plainName(name, "File");
}
