/** The slash menu, where the "/" was typed. The text keeps the focus and the keys; this is what they choose among. */
import { useLayoutEffect, useRef } from "react";
import { commandTable, isCommandId } from "../../../electron/commands/table.ts";
import type { CommandId } from "../../../electron/commands/table.ts";
import { slashChoiceId, slashMenuId } from "../../editor/slash.ts";
import { commandIcons } from "../commands/icons.ts";
import type { Desk } from "../desk.ts";
import { useStore } from "../use-store.ts";
import { besideLine } from "./beside.ts";
import styles from "./SlashMenu.module.css";

export function SlashMenu({ desk }: { desk: Desk }) {
  const shown = useStore(desk.slash);
  const list = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    if (shown && list.current) besideLine(list.current, shown.place, "below");
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: "nearest" });
  }, [shown]);
  if (!shown) return null;
  const ids = shown.slash.ids.filter(isCommandId);
  const active = ids[shown.slash.active];
  return (
    <>
      <div ref={list} id={slashMenuId} role="listbox" aria-label="Insert" className={styles["menu"]}>
        {ids.map((id) => (
          <Choice key={id} desk={desk} id={id} isActive={id === active} />
        ))}
      </div>
      {/* Where the text is read aloud it does not say which choice is active. */}
      <div role="status" aria-label="Slash menu" className={styles["said"]}>
        {active !== undefined && commandTable[active].label}
      </div>
    </>
  );
}

function Choice({ desk, id, isActive }: { desk: Desk; id: CommandId; isActive: boolean }) {
  const Icon = commandIcons[id];
  const key = desk.commands.key(id);
  return (
    // The keys are the text's: it names the active choice.
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events
    <div
      id={slashChoiceId(id)}
      role="option"
      tabIndex={-1}
      aria-selected={isActive}
      className={styles["choice"]}
      onMouseDown={(event) => event.preventDefault()}
      onClick={() => desk.chooseFromSlash(id)}
    >
      <span className={styles["icon"]}>{Icon && <Icon size={16} aria-hidden />}</span>
      <span className={styles["name"]}>{commandTable[id].label.replace(/…$/, "")}</span>
      {key !== null && <kbd className={styles["key"]}>{key}</kbd>}
    </div>
  );
}
