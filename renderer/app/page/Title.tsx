/**
 * The title field. It is the browser's own: React neither holds nor sets its value, so that its
 * undo, its caret and an input method under way are left alone.
 */
import { useEffect } from "react";
import type { KeyboardEvent, RefObject } from "react";
import type { TitleSync } from "../../editor/title-sync.ts";
import { movedOffset } from "./title-caret.ts";
import styles from "./Page.module.css";

type Props = {
  title: TitleSync;
  readOnly: boolean;
  fieldRef: RefObject<HTMLTextAreaElement | null>;
  onLeave: () => void;
};

export function Title({ title, readOnly, fieldRef, onLeave }: Props) {
  useEffect(() => {
    const field = fieldRef.current;
    if (!field) return;
    const adopt = (): void => {
      const { value, selectionStart, selectionEnd } = field;
      if (value === title.value) return;
      field.value = title.value;
      field.setSelectionRange(
        movedOffset(value, title.value, selectionStart),
        movedOffset(value, title.value, selectionEnd),
      );
    };
    const input = (event: Event): void => {
      if (event instanceof InputEvent && event.isComposing) return;
      // A title is one line, wherever it was pasted from.
      if (/[\r\n]/.test(field.value)) field.value = field.value.replace(/[\r\n]+/g, " ");
      title.input(field.value);
    };
    adopt();
    field.addEventListener("input", input);
    field.addEventListener("compositionend", input);
    const stop = title.subscribe(adopt);
    return () => {
      stop();
      field.removeEventListener("input", input);
      field.removeEventListener("compositionend", input);
    };
  }, [title, fieldRef]);

  const leave = (event: KeyboardEvent<HTMLTextAreaElement>): void => {
    const { selectionStart, value } = event.currentTarget;
    const isLeaving = event.key === "Enter" || (event.key === "ArrowDown" && selectionStart === value.length);
    if (!isLeaving || event.nativeEvent.isComposing) return;
    event.preventDefault();
    onLeave();
  };

  return (
    <textarea
      ref={fieldRef}
      className={styles["title"]}
      aria-label="Title"
      placeholder="Untitled"
      rows={1}
      readOnly={readOnly}
      spellCheck
      onKeyDown={leave}
    />
  );
}
