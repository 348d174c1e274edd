/**
 * What a person prefers: how things look, and how it is to write. Each is one of a few words, the first of which is
 * how it is until somebody chooses. Main keeps them with the profile's settings and tells all windows. Pure.
 */
import type { CommandId } from "./table.ts";

export const preferenceChoices = {
  theme: ["system", "light", "dark"],
  contrast: ["system", "more"],
  font: ["serif", "sans", "mono"],
  textSize: ["normal", "small", "large", "larger"],
  width: ["normal", "narrow", "wide"],
  focus: ["off", "paragraph", "sentence"],
  typewriter: ["off", "on"],
  typography: ["on", "off"],
} as const;

type Choices = typeof preferenceChoices;
export type PreferenceName = keyof Choices;
export type Preferences = { readonly [Name in PreferenceName]: Choices[Name][number] };
/** A name and one of its words. */
export type Preference = { [Name in PreferenceName]: readonly [Name, Choices[Name][number]] }[PreferenceName];

export const preferenceNames = Object.keys(preferenceChoices) as readonly PreferenceName[];

export const isPreference = (name: string, value: unknown): boolean =>
  Object.hasOwn(preferenceChoices, name) &&
  (preferenceChoices[name as PreferenceName] as readonly unknown[]).includes(value);

/** Of what settings hold, what can be used; the rest is as it is until somebody chooses. */
export function preferencesWith(kept: Readonly<Record<string, unknown>>): Preferences {
  const chosen = (name: PreferenceName): unknown =>
    isPreference(name, kept[name]) ? kept[name] : preferenceChoices[name][0];
  return Object.fromEntries(preferenceNames.map((name) => [name, chosen(name)])) as Preferences;
}

export const defaultPreferences = preferencesWith({});

/** What commands choose. One that is chosen already goes back to the first word, but for the theme. */
export const preferenceCommands = {
  "theme-system": ["theme", "system"],
  "theme-light": ["theme", "light"],
  "theme-dark": ["theme", "dark"],
  "high-contrast": ["contrast", "more"],
  "focus-paragraph": ["focus", "paragraph"],
  "focus-sentence": ["focus", "sentence"],
  typewriter: ["typewriter", "on"],
  "width-narrow": ["width", "narrow"],
  "width-wide": ["width", "wide"],
  "smart-typography": ["typography", "on"],
} as const satisfies { readonly [Id in CommandId]?: Preference };
export type PreferenceCommandId = keyof typeof preferenceCommands;
export const isPreferenceCommand = (id: CommandId): id is PreferenceCommandId =>
  Object.hasOwn(preferenceCommands, id);

export function isChosen(id: PreferenceCommandId, preferences: Preferences): boolean {
  const [name, value] = preferenceCommands[id];
  return preferences[name] === value;
}

/** What is chosen by a command that is done now. */
export function chosenBy(id: PreferenceCommandId, preferences: Preferences): Preference {
  const [name, value] = preferenceCommands[id];
  if (!isChosen(id, preferences) || name === "theme") return [name, value] as Preference;
  const other = preferenceChoices[name].find((each) => each !== value);
  return [name, other] as Preference;
}
