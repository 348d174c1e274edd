/** The formatting toolbar: reads which commands are active, runs them, and gives the focus back. */
import {
  Bold,
  Code,
  Highlighter,
  ImagePlus,
  Italic,
  Link,
  List,
  ListOrdered,
  ListTodo,
  MessageSquareQuote,
  Paperclip,
  Strikethrough,
  Table,
  TextQuote,
  Underline,
} from "lucide-react";
import { Toolbar as AriaToolbar } from "react-aria-components/Toolbar";
import * as commands from "../../editor/commands.ts";
import type { Desk } from "../desk.ts";
import { useReadOnly } from "../use-read-only.ts";
import { useStore } from "../use-store.ts";
import { CommandButton } from "./CommandButton.tsx";
import type { Item } from "./CommandButton.tsx";
import styles from "./Toolbar.module.css";

export function Toolbar({ desk }: { desk: Desk }) {
  const active = useStore(desk.activity);
  const readOnly = useReadOnly(desk);
  const items: Item[] = [
    { ...commands.strong, icon: Bold },
    { ...commands.emphasis, icon: Italic },
    { ...commands.underline, icon: Underline },
    { ...commands.strike, icon: Strikethrough },
    { ...commands.highlight, icon: Highlighter },
    { ...commands.code, icon: Code },
    { ...commands.link, run: desk.askForLink, icon: Link },
    { ...commands.bulletList, icon: List },
    { ...commands.orderedList, icon: ListOrdered },
    { ...commands.taskList, icon: ListTodo },
    { ...commands.quote, icon: TextQuote },
    { ...commands.callout, icon: MessageSquareQuote },
    { ...commands.table, icon: Table },
    { ...commands.image, run: desk.askForImages, icon: ImagePlus },
    { ...commands.file, run: desk.askForFiles, icon: Paperclip },
  ];
  return (
    <AriaToolbar aria-label="Formatting" className={styles["toolbar"] ?? ""}>
      <select
        aria-label="Block type"
        className={styles["select"]}
        title={readOnly ?? undefined}
        disabled={readOnly !== null}
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
      {items.map((item) => (
        <CommandButton key={item.id} desk={desk} item={item} isPressed={active.has(item.id)} />
      ))}
    </AriaToolbar>
  );
}
