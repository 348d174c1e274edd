/**
 * Gives the focus back to where it was before the first of several dialogs. A dialog gives it back itself, to what had it
 * when the dialog opened: where one dialog has led to another, that was a button which is gone with the first.
 */
import { useEffect } from "react";
import type { Store } from "./store.ts";

export function useFocusBack(dialog: Store<unknown>): void {
  useEffect(() => {
    let before: Element | null = null;
    let isOpen = dialog.get() !== null;
    return dialog.subscribe(() => {
      const wasOpen = isOpen;
      isOpen = dialog.get() !== null;
      // Told before React draws the dialog, which takes the focus.
      if (isOpen && !wasOpen) before = document.activeElement;
      if (isOpen || !wasOpen) return;
      const to = before;
      before = null;
      // Once the dialog is gone, and has given it back if it could.
      requestAnimationFrame(() =>
        requestAnimationFrame(() => {
          const isLost = document.activeElement === null || document.activeElement === document.body;
          if (isLost && to instanceof HTMLElement && to.isConnected) to.focus({ preventScroll: true });
        }),
      );
    });
  }, [dialog]);
}
