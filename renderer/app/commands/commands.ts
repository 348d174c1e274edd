/**
 * The registry's commands as this window does them: whether one can be done now, whether it is on, its keys,
 * and doing it. Menu, palette, slash menu, toolbars and keys all come here.
 */
import type { EditorView } from "prosemirror-view";
import type { Command } from "prosemirror-state";
import { shortcutsWith } from "../../../electron/commands/shortcuts.ts";
import type { OwnShortcuts, Shortcuts } from "../../../electron/commands/shortcuts.ts";
import { commandTable } from "../../../electron/commands/table.ts";
import type { CommandId } from "../../../electron/commands/table.ts";
import { textCommands } from "../../editor/commands.ts";
import type { AskingCommandId, TextCommandId } from "../../editor/commands.ts";
import { shownKey } from "../shown-key.ts";
import { Store } from "../store.ts";

/** Done by the window: neither an edit nor something asked first. Undo and redo are of fields as well. */
export type WindowCommandId = Exclude<CommandId, TextCommandId | AskingCommandId> | "undo" | "redo";

export type CommandsOptions = {
  readonly view: () => EditorView | null;
  readonly asking: Readonly<Record<AskingCommandId, Command>>;
  readonly actions: Readonly<Record<WindowCommandId, () => void>>;
  /** Those that are chosen and stay so until something else is. */
  readonly isOn: (id: CommandId) => boolean;
  /** Those of the window that cannot be done now; absent can always be. */
  readonly isPossible: { readonly [Id in WindowCommandId]?: () => boolean };
};

/** What changes nothing, and whoever only reads may do it too. */
const forReaders: ReadonlySet<CommandId> = new Set<CommandId>(["save-file", "open-link", "cross-footnote"]);

export class Commands {
  readonly shortcuts = new Store<Shortcuts>(shortcutsWith({}));
  readonly #options: CommandsOptions;
  readonly #ofText: ReadonlyMap<string, Command>;

  constructor(options: CommandsOptions) {
    this.#options = options;
    this.#ofText = new Map<string, Command>([
      ...Object.entries(textCommands).map(([id, { run }]) => [id, run] as const),
      ...Object.entries(options.asking),
    ]);
  }

  setOwnShortcuts(own: OwnShortcuts): void {
    this.shortcuts.set(shortcutsWith(own));
  }

  isOfWindow(id: CommandId): id is WindowCommandId {
    return Object.hasOwn(this.#options.actions, id);
  }

  /** What edits text, or asks before it does; undefined is done by the window. */
  textCommand(id: CommandId): Command | undefined {
    return this.isOfWindow(id) ? undefined : this.#ofText.get(id);
  }

  isOn(id: CommandId): boolean {
    return this.#options.isOn(id);
  }

  isPossible(id: CommandId): boolean {
    if (this.isOfWindow(id)) return this.#options.isPossible[id]?.() ?? true;
    const view = this.#options.view();
    const command = this.#ofText.get(id);
    if (!view || !command || (!view.editable && !forReaders.has(id))) return false;
    return command(view.state, undefined, view);
  }

  /** Does it where it can be done. The text has the focus after what edits it. */
  run(id: CommandId): void {
    if (this.isOfWindow(id)) return this.#options.actions[id]();
    const view = this.#options.view();
    const command = this.#ofText.get(id);
    if (!view || !command) return;
    if (view.editable) {
      command(view.state, view.dispatch, view);
      view.focus();
    } else if (forReaders.has(id)) {
      // Where they are in the text is theirs; what is in it is not.
      command(view.state, (tr) => void (tr.docChanged || view.dispatch(tr)), view);
    }
  }

  /** The key to show beside its name; null where it has none. */
  key(id: CommandId): string | null {
    const [key] = this.shortcuts.get()[id];
    return key === undefined ? null : shownKey(key);
  }
}

/** Its name on a button: what would be asked is not said there. */
export const buttonLabel = (id: CommandId): string => commandTable[id].label.replace(/…$/, "");
