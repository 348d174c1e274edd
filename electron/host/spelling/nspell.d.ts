/** What is used of nspell, which brings no types. */
declare module "nspell" {
  interface Speller {
    correct(word: string): boolean;
    suggest(word: string): string[];
    /** Every known form by its spelling. */
    readonly data: Readonly<Record<string, unknown>>;
  }
  export default function nspell(aff: string, dic: string): Speller;
}
