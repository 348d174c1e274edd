/** What the window does for each command of the registry that is no edit. */
import { chosenBy } from "../../../electron/commands/preferences.ts";
import type { PreferenceCommandId } from "../../../electron/commands/preferences.ts";
import type { Desk } from "../desk.ts";
import { focusToolbar } from "../page/focus-toolbar.ts";
import type { CommandsOptions, WindowCommandId } from "./commands.ts";

export const windowActions = (desk: Desk): Readonly<Record<WindowCommandId, () => void>> => ({
  "new-document": () => void desk.newDocument(),
  import: () => void desk.pickAndImport(),
  export: () => void desk.exportDocument(),
  where: () => desk.dialog.set({ name: "where" }),
  restore: () => desk.dialog.set({ name: "restore" }),
  "check-storage": () => desk.dialog.set({ name: "storage" }),
  join: () => desk.dialog.set({ name: "join", link: "" }),
  share: () => desk.share(),
  move: () => desk.dialog.set({ name: "move" }),
  settings: () => desk.dialog.set({ name: "settings" }),
  undo: () => desk.undoOrRedo("undo"),
  redo: () => desk.undoOrRedo("redo"),
  "paste-plain": () => void desk.pasting.plain(),
  ...preferenceActions(desk),
  find: () => desk.find.open(false),
  replace: () => desk.find.open(true),
  "find-next": () => void desk.find.next(),
  "find-previous": () => void desk.find.previous(),
  "correct-spelling": () => void desk.spelling.correct(),
  palette: () => desk.dialog.set({ name: "palette" }),
  "toggle-library": () => desk.sidebar.toggle(),
  "toggle-outline": () => desk.outline.toggle(),
  counts: () => desk.countsPanel.set("counts"),
  goal: () => desk.countsPanel.set("goal"),
  "to-toolbar": () => void focusToolbar(document),
  shortcuts: () => desk.dialog.set({ name: "shortcuts" }),
});

/** @returns what each command that chooses a preference does */
function preferenceActions(desk: Desk): Readonly<Record<PreferenceCommandId, () => void>> {
  const choose = (id: PreferenceCommandId) => (): void =>
    void desk.prefer(chosenBy(id, desk.preferences.get()));
  return {
    "theme-system": choose("theme-system"),
    "theme-light": choose("theme-light"),
    "theme-dark": choose("theme-dark"),
    "high-contrast": choose("high-contrast"),
    "focus-paragraph": choose("focus-paragraph"),
    "focus-sentence": choose("focus-sentence"),
    typewriter: choose("typewriter"),
    "width-narrow": choose("width-narrow"),
    "width-wide": choose("width-wide"),
    "smart-typography": choose("smart-typography"),
  };
}

export const possibleActions = (desk: Desk): CommandsOptions["isPossible"] => {
  const hasPage = (): boolean => desk.page.get() !== null;
  const isCounted = (): boolean => desk.counts.get() !== null;
  const mayWrite = (): boolean => desk.readOnly === null;
  return {
    "new-document": mayWrite,
    import: mayWrite,
    export: hasPage,
    move: () => hasPage() && desk.places.configuration.get()?.place.kind === "private",
    share: () => desk.places.configuration.get()?.place.kind === "workspace",
    find: hasPage,
    replace: hasPage,
    "find-next": hasPage,
    "find-previous": hasPage,
    "correct-spelling": () => hasPage() && mayWrite(),
    "to-toolbar": hasPage,
    "toggle-outline": hasPage,
    counts: isCounted,
    goal: isCounted,
  };
};
