/** A button that opens a menu. The menu's code is fetched when it is opened first. */
import { lazy, Suspense, useRef, useState } from "react";
import type { ReactNode } from "react";
import { Button as AriaButton } from "react-aria-components/Button";
import buttonStyles from "./Button.module.css";
import styles from "./Menu.module.css";

const MenuPopover = lazy(async () => ({ default: (await import("./MenuPopover.tsx")).MenuPopover }));

export type MenuChoice = {
  id: string;
  name: string;
  detail?: string;
};

export type MenuGroup = {
  label: string;
  choices: readonly MenuChoice[];
  /** One of these is how it is now; absent where they are things to do. */
  current?: string;
};

type Props = {
  /** The accessible name, of the menu too. */
  label: string;
  tip?: string;
  groups: readonly MenuGroup[];
  onChoose: (id: string) => void;
  /** As wide as there is room, with its words at the start. */
  wide?: boolean;
  children: ReactNode;
};

export function MenuButton({ label, tip, groups, onChoose, wide = false, children }: Props) {
  const button = useRef<HTMLButtonElement>(null);
  const [isOpen, setOpen] = useState(false);
  return (
    <span title={tip} className={buttonStyles["tip"]}>
      <AriaButton
        ref={button}
        aria-label={label}
        aria-haspopup="menu"
        aria-expanded={isOpen}
        className={`${buttonStyles["button"]} ${buttonStyles["quiet"]} ${wide ? styles["wide"] : ""}`}
        onPress={() => setOpen(true)}
      >
        {children}
      </AriaButton>
      {isOpen && (
        <Suspense fallback={null}>
          <MenuPopover
            label={label}
            trigger={button}
            groups={groups}
            onClose={() => setOpen(false)}
            onChoose={onChoose}
          />
        </Suspense>
      )}
    </span>
  );
}
