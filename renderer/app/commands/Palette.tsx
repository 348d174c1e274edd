/** All commands, by typing what one wants. Those that cannot be done now are not there. */
import { Check } from "lucide-react";
import { useState } from "react";
import { Autocomplete } from "react-aria-components/Autocomplete";
import { Dialog } from "react-aria-components/Dialog";
import { Input } from "react-aria-components/Input";
import { Menu, MenuItem } from "react-aria-components/Menu";
import { Modal, ModalOverlay } from "react-aria-components/Modal";
import { SearchField } from "react-aria-components/SearchField";
import { commandIds, commandTable, groupLabels, isCommandId } from "../../../electron/commands/table.ts";
import type { CommandId } from "../../../electron/commands/table.ts";
import type { Desk } from "../desk.ts";
import { foundCommands } from "./found.ts";
import { commandIcons } from "./icons.ts";
import styles from "./Palette.module.css";

/** The palette itself, and keys that only move, are nothing to look for. */
const isListed = (id: CommandId): boolean => id !== "palette" && !commandTable[id].isHidden;

export function Palette({ desk }: { desk: Desk }) {
  const [typed, setTyped] = useState("");
  // What can be done is asked once: nothing changes behind a dialog.
  const [possible] = useState(() => commandIds.filter((id) => isListed(id) && desk.commands.isPossible(id)));
  const found = foundCommands(typed, possible);
  const close = (): void => desk.dialog.set(null);
  const choose = (id: string): void => {
    if (!isCommandId(id)) return;
    close();
    // Once the dialog is gone and has given the focus back.
    requestAnimationFrame(() => requestAnimationFrame(() => desk.commands.run(id)));
  };
  return (
    <ModalOverlay
      isOpen
      isDismissable
      onOpenChange={(isOpen) => {
        if (!isOpen) close();
      }}
      className={styles["overlay"] ?? ""}
    >
      <Modal className={styles["modal"] ?? ""}>
        <Dialog aria-label="All commands" className={styles["dialog"] ?? ""}>
          <Autocomplete inputValue={typed} onInputChange={setTyped}>
            <SearchField autoFocus aria-label="Search commands" className={styles["search"] ?? ""}>
              <Input placeholder="What do you want to do?" className={styles["input"] ?? ""} />
            </SearchField>
            {/* The keys are the field's; who has none of them can scroll all the same. */}
            {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
            <div role="group" aria-label="Found commands" tabIndex={0} className={styles["list"]}>
              <Menu
                aria-label="Commands"
                className={styles["menu"] ?? ""}
                onAction={(key) => choose(String(key))}
                renderEmptyState={() => (
                  <p className={styles["empty"]}>No command is called that. Fewer letters find more.</p>
                )}
              >
                {found.map((id) => (
                  <Choice key={id} id={id} isOn={desk.commands.isOn(id)} shortcut={desk.commands.key(id)} />
                ))}
              </Menu>
            </div>
          </Autocomplete>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}

function Choice({ id, isOn, shortcut }: { id: CommandId; isOn: boolean; shortcut: string | null }) {
  const { label, group } = commandTable[id];
  const Icon = isOn ? Check : commandIcons[id];
  return (
    <MenuItem
      id={id}
      textValue={label}
      {...(isOn && { "aria-description": "On" })}
      className={styles["item"] ?? ""}
    >
      <span className={styles["icon"]}>{Icon && <Icon size={16} aria-hidden />}</span>
      <span className={styles["name"]}>{label}</span>
      <span className={styles["group"]}>{groupLabels[group]}</span>
      <kbd className={styles["key"]}>{shortcut}</kbd>
    </MenuItem>
  );
}
