/** The formatting toolbar: reads which commands are active, runs them, and gives the focus back. */
import { Bold, Code, Italic, Link, List, ListOrdered, Strikethrough, TextQuote } from "lucide-react";
import type { LucideIcon } from "lucide-react";
import { Toolbar as AriaToolbar } from "react-aria-components/Toolbar";
import * as commands from "../../editor/commands.ts";
import type { EditorCommand } from "../../editor/commands.ts";
import { shownKey } from "../shown-key.ts";
import type { Desk } from "../desk.ts";
import { useStore } from "../use-store.ts";
import styles from "./Toolbar.module.css";

type Item = Pick<EditorCommand, "id" | "label" | "keys" | "run"> & { icon: LucideIcon };

export function Toolbar({ desk }: { desk: Desk }) {
  const active = useStore(desk.activity);
  const items: Item[] = [
    { ...commands.strong, icon: Bold },
    { ...commands.emphasis, icon: Italic },
    { ...commands.code, icon: Code },
    { ...commands.strike, icon: Strikethrough },
    { ...commands.link, run: desk.askForLink, icon: Link },
    { ...commands.bulletList, icon: List },
    { ...commands.orderedList, icon: ListOrdered },
    { ...commands.quote, icon: TextQuote },
  ];
  return (
    <AriaToolbar aria-label="Formatting" className={styles["toolbar"] ?? ""}>
      <select
        aria-label="Block type"
        className={styles["select"]}
        value={commands.blockTypes.find(({ id }) => active.has(id))?.id ?? commands.paragraph.id}
        onChange={(event) => {
          const chosen = commands.blockTypes.find(({ id }) => id === event.target.value);
          if (chosen && !active.has(chosen.id)) desk.run(chosen.run);
          else desk.view?.focus();
        }}
      >
        {commands.blockTypes.map(({ id, label }) => (
          <option key={id} value={id}>
            {label}
          </option>
        ))}
      </select>
      {items.map(({ id, label, keys, run, icon: Icon }) => (
        <button
          key={id}
          type="button"
          aria-label={label}
          aria-pressed={active.has(id)}
          title={`${label} (${shownKey(keys[0] ?? "")})`}
          className={styles["button"]}
          // The selection stays where the person made it.
          onMouseDown={(event) => event.preventDefault()}
          onClick={() => desk.run(run)}
        >
          <Icon size={16} aria-hidden />
        </button>
      ))}
    </AriaToolbar>
  );
}
