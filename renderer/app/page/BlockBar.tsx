/** What the code or the callout at the caret is: its language, its kind. */
import { Toolbar as AriaToolbar } from "react-aria-components/Toolbar";
import { calloutKinds, setCalloutKind, setLanguage } from "../../editor/block-settings.ts";
import type { Desk } from "../desk.ts";
import { useReadOnly } from "../use-read-only.ts";
import { useStore } from "../use-store.ts";
import { knownLanguage, languages } from "./languages.ts";
import styles from "./Toolbar.module.css";

const kindNames: Readonly<Record<(typeof calloutKinds)[number], string>> = {
  note: "Note",
  tip: "Tip",
  important: "Important",
  warning: "Warning",
  caution: "Caution",
};

export function BlockBar({ desk }: { desk: Desk }) {
  const active = useStore(desk.activity);
  const { language, calloutKind } = useStore(desk.blockSettings);
  const readOnly = useReadOnly(desk);
  // In a table's cell the bar of the table has the place, and a picture or a file in a callout is nearer.
  const isCovered = ["table", "image", "file"].some((id) => active.has(id));
  if (readOnly !== null || isCovered || (language === null && calloutKind === null)) return null;
  return (
    <AriaToolbar aria-label="Block" className={`${styles["toolbar"]} ${styles["table"]}`}>
      {language !== null ? (
        <Choice
          label="Language"
          value={knownLanguage(language) ?? language}
          options={languageOptions(language)}
          onChange={(chosen) => desk.run(setLanguage(chosen))}
        />
      ) : (
        <Choice
          label="Callout"
          value={calloutKind ?? "note"}
          options={kindOptions(calloutKind)}
          onChange={(chosen) => desk.run(setCalloutKind(chosen))}
        />
      )}
    </AriaToolbar>
  );
}

type Option = readonly [value: string, name: string];

/** What is written there is offered too, known or not: looking at it must not change it. */
function languageOptions(written: string): Option[] {
  const known: Option[] = Object.entries(languages);
  const isNamed = written === "" || knownLanguage(written) !== null;
  return [["", "Plain text"], ...(isNamed ? [] : [[written, written] as const]), ...known];
}

function kindOptions(written: string | null): Option[] {
  const known: Option[] = calloutKinds.map((kind) => [kind, kindNames[kind]]);
  const isNamed = written === null || known.some(([kind]) => kind === written);
  return isNamed ? known : [[written, written], ...known];
}

type Props = { label: string; value: string; options: readonly Option[]; onChange: (value: string) => void };

function Choice({ label, value, options, onChange }: Props) {
  return (
    <>
      <span className={styles["group"]} aria-hidden>
        {label}
      </span>
      <select
        aria-label={label}
        className={styles["select"]}
        value={value}
        onChange={(event) => onChange(event.target.value)}
      >
        {options.map(([one, name]) => (
          <option key={one} value={one}>
            {name}
          </option>
        ))}
      </select>
    </>
  );
}
