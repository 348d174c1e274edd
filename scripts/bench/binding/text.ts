/**
 * Text to measure with: English-like paragraphs of 80–400 characters, lengths spread evenly, about a
 * tenth of the words ending a sentence. The same seed gives the same text.
 */
import type { Random } from "../../../renderer/document/random.ts";

const words =
  "the of and to a in is it that was for on are with as his they be at one have this from or had by but what some we can out other were all there when up use your how said an each she which do their time if will way about many then them write would like so these her long make thing see him two has look more day could go come did number sound no most people my over know water than call first who may down side been now find any new work part take get place made live where after back little only round man year came show every good me give our under name very through just form sentence great think say help low line differ turn cause much mean before move right boy old too same tell does set three want air well also play small end put home read hand port large spell add even land here must big high such follow act why ask men change went light kind off need house picture try us again animal point mother world near build self earth father".split(
    " ",
  );

export const paragraphUnits = { least: 80, most: 400 };

/** @param units about how many characters there are in all */
export function paragraphs(units: number, random: Random): string[] {
  const list: string[] = [];
  for (let made = 0; made < units; made += list.at(-1)?.length ?? 0) {
    const { least, most } = paragraphUnits;
    const wanted = Math.min(least + random.below(most - least + 1), Math.max(least, units - made));
    let text = "";
    while (text.length < wanted - 1) {
      const word = random.pick(words);
      const starts = text === "" || text.endsWith(".");
      const next = starts ? word.charAt(0).toUpperCase() + word.slice(1) : word;
      text += (text === "" ? "" : " ") + next + (random.chance(0.1) ? "." : "");
    }
    list.push(text.endsWith(".") ? text : `${text}.`);
  }
  return list;
}
