/** The menu of a `MenuButton`, open as long as it is rendered. */
import type { RefObject } from "react";
import { Menu, MenuItem, MenuSection } from "react-aria-components/Menu";
import { Popover } from "react-aria-components/Popover";
import { Text } from "react-aria-components/Text";
import type { MenuGroup } from "./MenuButton.tsx";
import styles from "./Menu.module.css";

type Props = {
  label: string;
  trigger: RefObject<HTMLButtonElement | null>;
  groups: readonly MenuGroup[];
  onClose: () => void;
  onChoose: (id: string) => void;
};

export function MenuPopover({ label, trigger, groups, onClose, onChoose }: Props) {
  return (
    <Popover
      isOpen
      aria-label={label}
      triggerRef={trigger}
      placement="bottom start"
      offset={4}
      className={styles["popover"] ?? ""}
      onOpenChange={(isOpen) => {
        if (!isOpen) onClose();
      }}
    >
      <Menu
        aria-label={label}
        autoFocus="first"
        className={styles["menu"] ?? ""}
        onClose={onClose}
        onAction={(key) => onChoose(String(key))}
      >
        {groups.map((group) => (
          <MenuSection
            key={group.label}
            aria-label={group.label}
            className={styles["group"] ?? ""}
            {...(group.current !== undefined && {
              selectionMode: "single",
              disallowEmptySelection: true,
              selectedKeys: [group.current],
            })}
          >
            {group.choices.map(({ id, name, detail }) => (
              <MenuItem key={id} id={id} textValue={name} className={styles["item"] ?? ""}>
                <Text slot="label" className={styles["name"] ?? ""}>
                  {name}
                </Text>
                {detail !== undefined && (
                  <Text slot="description" className={styles["detail"] ?? ""}>
                    {detail}
                  </Text>
                )}
              </MenuItem>
            ))}
          </MenuSection>
        ))}
      </Menu>
    </Popover>
  );
}
