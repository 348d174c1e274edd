/**
 * The menu at the pointer: what a misspelled word may have been meant to be, what can be done with a link, and
 * cutting, copying and pasting. The page says which word it is for, because main does not know the text; what is
 * chosen goes back to it as a notice, for only the editor can replace a word and have it undone.
 */
import {
  type BrowserWindow,
  clipboard,
  Menu,
  type ContextMenuParams,
  type MenuItemConstructorOptions,
} from "electron";
import { setTimeout as after } from "node:timers/promises";
import { menuWordMs, spellingSuggestMs } from "../policy/limits.ts";
import { openableLink } from "../policy/links.ts";
import { sendNotice } from "./ipc.ts";
import type { Spelling } from "./spelling/spelling.ts";

const separator: MenuItemConstructorOptions = { type: "separator" };

export type ContextMenuOptions = {
  readonly spelling: Spelling;
  readonly openLink: (url: string) => void;
};

export class ContextMenu {
  readonly #options: ContextMenuOptions;
  /** By window, who waits for the word; and the word where it came first. */
  readonly #waiting = new WeakMap<BrowserWindow, (word: string | null) => void>();
  readonly #words = new WeakMap<BrowserWindow, string | null>();

  constructor(options: ContextMenuOptions) {
    this.#options = options;
  }

  attach(window: BrowserWindow): void {
    window.webContents.on("context-menu", (_, params) => void this.#open(window, params));
  }

  /** The page says it for each menu, a moment before or after main hears of that menu. */
  wordIs(window: BrowserWindow, word: string | null): void {
    const waiting = this.#waiting.get(window);
    if (waiting) waiting(word);
    else this.#words.set(window, word);
  }

  /** Of a word alone, at a point of the page. */
  async openSpelling(window: BrowserWindow, word: string, at: { x: number; y: number }): Promise<void> {
    const items = await this.#spellingItems(window, word);
    if (!window.isDestroyed() && items.length > 0) Menu.buildFromTemplate(items).popup({ window, ...at });
  }

  async #open(window: BrowserWindow, params: ContextMenuParams): Promise<void> {
    const word = params.isEditable ? await this.#word(window) : null;
    const spelling = word === null ? [] : await this.#spellingItems(window, word);
    const groups = [spelling, this.#linkItems(params), editItems(params)].filter((group) => group.length > 0);
    const template = groups.flatMap((group, i) => (i === 0 ? group : [separator, ...group]));
    if (!window.isDestroyed() && template.length > 0)
      Menu.buildFromTemplate(template).popup({ window, x: params.x, y: params.y });
  }

  #word(window: BrowserWindow): Promise<string | null> {
    const said = this.#words.get(window);
    this.#words.delete(window);
    if (said !== undefined) return Promise.resolve(said);
    return new Promise((resolve) => {
      const settle = (word: string | null): void => {
        clearTimeout(deadline);
        this.#waiting.delete(window);
        resolve(word);
      };
      const deadline = setTimeout(() => settle(null), menuWordMs);
      this.#waiting.set(window, settle);
    });
  }

  /** None where the word is right. */
  async #spellingItems(window: BrowserWindow, word: string): Promise<MenuItemConstructorOptions[]> {
    const { spelling } = this.#options;
    // While dictionaries are read it is not known yet, and a menu does not wait for that.
    const wrong = await Promise.race([spelling.check([word]), after(spellingSuggestMs, [])]);
    if (wrong.length === 0) return [];
    const suggestions = await spelling.suggest(word);
    return [
      ...suggestions.map((by) => ({
        label: shown(by),
        click: () => sendNotice(window, { type: "respell", word, by }),
      })),
      ...(suggestions.length === 0 ? [{ label: "No suggestions", enabled: false }] : []),
      separator,
      { label: "Add to dictionary", click: () => void this.#add(window, word) },
      { label: "Ignore in this session", click: () => spelling.ignore(word) },
    ];
  }

  async #add(window: BrowserWindow, word: string): Promise<void> {
    const added = await this.#options.spelling.add(word);
    if (!added.ok) sendNotice(window, { type: "said", words: added.message });
  }

  #linkItems({ linkURL }: ContextMenuParams): MenuItemConstructorOptions[] {
    if (!openableLink(linkURL).ok) return [];
    return [
      { label: "Open link", click: () => this.#options.openLink(linkURL) },
      { label: "Copy link address", click: () => clipboard.writeText(linkURL) },
    ];
  }
}

function editItems({
  isEditable,
  editFlags,
  selectionText,
}: ContextMenuParams): MenuItemConstructorOptions[] {
  if (!isEditable) return selectionText.trim() === "" ? [] : [{ role: "copy", enabled: editFlags.canCopy }];
  return [
    { role: "cut", enabled: editFlags.canCut },
    { role: "copy", enabled: editFlags.canCopy },
    { role: "paste", enabled: editFlags.canPaste },
    { role: "pasteAndMatchStyle", label: "Paste as plain text", enabled: editFlags.canPaste },
    separator,
    { role: "selectAll", enabled: editFlags.canSelectAll },
  ];
}

/** An "&" would underline what follows it. */
const shown = (label: string): string => label.replaceAll("&", "&&");
