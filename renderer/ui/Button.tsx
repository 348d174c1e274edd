import type { ReactNode } from "react";
import { Button as AriaButton } from "react-aria-components/Button";
import styles from "./Button.module.css";

type Props = {
  /** The accessible name. */
  label: string;
  children: ReactNode;
  onPress?: () => void;
  type?: "button" | "submit";
  isDisabled?: boolean;
  /** At work: presses do nothing, but the focus stays, which disabling would lose. */
  isPending?: boolean;
  /** The one thing a dialog is for. */
  primary?: boolean;
  /** Without a frame: for bars. */
  quiet?: boolean;
  tip?: string;
  /** Takes the focus when it appears. */
  focusFirst?: boolean;
};

export function Button(props: Props) {
  const {
    label,
    children,
    onPress,
    type = "button",
    isDisabled = false,
    isPending = false,
    primary,
    quiet,
    tip,
    focusFirst = false,
  } = props;
  const look = primary ? styles["primary"] : quiet ? styles["quiet"] : styles["plain"];
  const button = (
    <AriaButton
      aria-label={label}
      type={type}
      isDisabled={isDisabled}
      isPending={isPending}
      autoFocus={focusFirst}
      className={`${styles["button"]} ${look}`}
      {...(onPress ? { onPress } : {})}
    >
      {children}
    </AriaButton>
  );
  // React Aria's button takes no `title`.
  return tip ? (
    <span title={tip} className={styles["tip"]}>
      {button}
    </span>
  ) : (
    button
  );
}
