/** How it looks and how it is to write. A choice is there at once, in all windows. */
import { preferenceChoices } from "../../../electron/commands/preferences.ts";
import type { Preference, PreferenceName } from "../../../electron/commands/preferences.ts";
import { Choice } from "../../ui/Choice.tsx";
import type { Desk } from "../desk.ts";
import { useStore } from "../use-store.ts";
import styles from "./SettingsDialog.module.css";

type Words = { readonly label: string; readonly choices: Readonly<Record<string, string>> };
const appearance: Partial<Record<PreferenceName, Words>> = {
  theme: { label: "Theme", choices: { system: "As the system", light: "Light", dark: "Dark" } },
  contrast: { label: "Contrast", choices: { system: "As the system", more: "High" } },
  font: { label: "Font of the text", choices: { serif: "Serif", sans: "Sans-serif", mono: "Monospace" } },
  textSize: {
    label: "Size of the text",
    choices: { normal: "Normal", small: "Small", large: "Large", larger: "Larger" },
  },
  width: { label: "Width of the page", choices: { normal: "Normal", narrow: "Narrow", wide: "Wide" } },
};
const writing: Partial<Record<PreferenceName, Words>> = {
  focus: {
    label: "Focus",
    choices: { off: "Off", paragraph: "On the paragraph", sentence: "On the sentence" },
  },
  typewriter: { label: "Typewriter scrolling", choices: { off: "Off", on: "On" } },
  typography: { label: "Smart typography", choices: { on: "On", off: "Off" } },
};

export function PreferenceSettings({ desk }: { desk: Desk }) {
  return (
    <>
      <Section desk={desk} title="Appearance" fields={appearance} />
      <Section desk={desk} title="Writing" fields={writing} />
    </>
  );
}

function Section(props: { desk: Desk; title: string; fields: Partial<Record<PreferenceName, Words>> }) {
  const { desk, title, fields } = props;
  const preferences = useStore(desk.preferences);
  const names = (Object.keys(fields) as PreferenceName[]).filter((name) => fields[name]);
  return (
    <section aria-label={title} className={styles["section"]}>
      <h3 className={styles["heading"]}>{title}</h3>
      <div className={styles["fields"]}>
        {names.map((name) => (
          <Choice
            key={name}
            label={fields[name]?.label ?? name}
            value={preferences[name] as string}
            choices={preferenceChoices[name].map((value) => ({
              value: value as string,
              label: fields[name]?.choices[value] ?? value,
            }))}
            onChange={(value) => void desk.prefer([name, value] as Preference)}
          />
        ))}
      </div>
    </section>
  );
}
