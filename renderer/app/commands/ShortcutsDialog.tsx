/** All commands with their keys, to look up and to change. A clash is said before it happens, and where it is. */
import { useEffect, useRef, useState } from "react";
import { clashesOf, keyProblem } from "../../../electron/commands/shortcuts.ts";
import type { Shortcuts } from "../../../electron/commands/shortcuts.ts";
import { commandGroups, commandIds, commandTable, groupLabels } from "../../../electron/commands/table.ts";
import type { CommandId } from "../../../electron/commands/table.ts";
import { Button } from "../../ui/Button.tsx";
import { Dialog, DialogActions } from "../../ui/Dialog.tsx";
import { TextField } from "../../ui/TextField.tsx";
import type { Desk } from "../desk.ts";
import { isMac, shownKey } from "../shown-key.ts";
import { useStore } from "../use-store.ts";
import { foundCommands } from "./found.ts";
import { recordedKey } from "./keys.ts";
import styles from "./ShortcutsDialog.module.css";

export function ShortcutsDialog({ desk }: { desk: Desk }) {
  const shortcuts = useStore(desk.commands.shortcuts);
  const [typed, setTyped] = useState("");
  const [changing, setChanging] = useState<CommandId | null>(null);
  const found = foundCommands(typed, commandIds);
  const groups = commandGroups
    .map((group) => ({ group, ids: found.filter((id) => commandTable[id].group === group) }))
    .filter(({ ids }) => ids.length > 0);
  if (changing !== null)
    return <ChangeDialog key={changing} desk={desk} id={changing} onClose={() => setChanging(null)} />;
  return (
    <Dialog title="Keyboard shortcuts" wide onClose={() => desk.dialog.set(null)}>
      <TextField label="Search commands" value={typed} onChange={setTyped} problem={null} focusFirst />
      {groups.length === 0 && <p className={styles["empty"]}>No command is called that.</p>}
      {groups.map(({ group, ids }) => (
        <section key={group} aria-label={groupLabels[group]}>
          <h3 className={styles["heading"]}>{groupLabels[group]}</h3>
          <ul className={styles["list"]}>
            {ids.map((id) => (
              <li key={id} className={styles["row"]}>
                <span className={styles["name"]}>{commandTable[id].label}</span>
                <Clash id={id} shortcuts={shortcuts} />
                <Keys keys={shortcuts[id]} />
                <Button
                  quiet
                  label={`Change the keys of ${commandTable[id].label}`}
                  onPress={() => setChanging(id)}
                >
                  Change
                </Button>
              </li>
            ))}
          </ul>
        </section>
      ))}
    </Dialog>
  );
}

function Keys({ keys }: { keys: readonly string[] }) {
  return (
    <span className={styles["keys"]}>
      {keys.length === 0 && <span className={styles["none"]}>None</span>}
      {keys.map((key) => (
        <kbd key={key} className={styles["key"]}>
          {shownKey(key)}
        </kbd>
      ))}
    </span>
  );
}

/** What has one of its keys as well. */
function Clash({ id, shortcuts }: { id: CommandId; shortcuts: Shortcuts }) {
  const others = [...new Set(shortcuts[id].flatMap((key) => clashesOf(id, key, shortcuts)))];
  if (others.length === 0) return null;
  return <span className={styles["clash"]}>Also {namesOf(others)}</span>;
}

const namesOf = (ids: readonly CommandId[]): string =>
  ids.map((id) => `“${commandTable[id].label}”`).join(", ");

function ChangeDialog({ desk, id, onClose }: { desk: Desk; id: CommandId; onClose: () => void }) {
  const shortcuts = useStore(desk.commands.shortcuts);
  const [key, setKey] = useState<string | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const field = useRef<HTMLButtonElement>(null);
  // In place of the list, whose button had the focus: there is no dialog in a dialog.
  useEffect(() => field.current?.focus(), []);
  const clashes = key === null ? [] : clashesOf(id, key, shortcuts);

  const set = async (keys: readonly string[] | null): Promise<void> => {
    // The key leaves what had it: a key that does two things does neither for sure.
    for (const other of keys === null ? [] : clashes) {
      const rest = shortcuts[other].filter((each) => !keys?.includes(each));
      const refused = await desk.setShortcut(other, rest);
      if (refused !== null) return setProblem(refused);
    }
    const refused = await desk.setShortcut(id, keys);
    if (refused === null) onClose();
    else setProblem(refused);
  };

  return (
    <Dialog title={`Keys of “${commandTable[id].label}”`} onClose={onClose}>
      <p className={styles["words"]}>
        Now: <Keys keys={shortcuts[id]} />
      </p>
      <button
        ref={field}
        type="button"
        className={styles["record"]}
        aria-describedby="key-words"
        onKeyDown={(event) => {
          // Tab and Escape are the ways out of this button.
          if (["Tab", "Escape", "Control", "Shift", "Alt", "Meta"].includes(event.key)) return;
          event.preventDefault();
          event.stopPropagation();
          const pressed = recordedKey(event.nativeEvent, isMac);
          const refused = keyProblem(pressed);
          setProblem(refused);
          setKey(refused === null ? pressed : null);
        }}
      >
        {key === null ? "Press the new keys" : shownKey(key)}
      </button>
      <p id="key-words" role="status" className={problem === null ? styles["words"] : styles["problem"]}>
        {problem ??
          (clashes.length > 0
            ? `${namesOf(clashes)} has these keys now. It will have none of them.`
            : key === null
              ? "Hold Ctrl, Alt or ⌘ and press another key."
              : "These keys are free.")}
      </p>
      <DialogActions>
        <Button label="Use the original keys" onPress={() => void set(null)}>
          Original
        </Button>
        <Button label="Use no keys" onPress={() => void set([])}>
          None
        </Button>
        <Button
          primary
          label="Use these keys"
          isDisabled={key === null}
          onPress={() => void (key !== null && set([key]))}
        >
          {clashes.length > 0 ? "Use here instead" : "Use these keys"}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
