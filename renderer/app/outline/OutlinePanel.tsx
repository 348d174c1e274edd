/** The outline: the document's headings, where one is among them, and a way to each. */
import { X } from "lucide-react";
import { useEffect } from "react";
import { Button } from "../../ui/Button.tsx";
import type { Desk } from "../desk.ts";
import { withKey } from "../shown-key.ts";
import { useStore } from "../use-store.ts";
import { OutlineTree } from "./OutlineTree.tsx";
import styles from "./Outline.module.css";

function Empty({ desk }: { desk: Desk }) {
  useEffect(() => {
    // There is nothing to go on in: the text keeps the focus.
    desk.outline.takesFocus();
  }, [desk]);
  return (
    <p className={styles["empty"]}>
      No headings yet. Type <kbd>#</kbd> and a space at the start of a line to make one.
    </p>
  );
}

export function OutlinePanel({ desk }: { desk: Desk }) {
  const now = useStore(desk.outline.now);
  return (
    <nav aria-label="Outline" data-outline className={styles["outline"]}>
      <div className={styles["head"]}>
        <h2 className={styles["title"]}>Outline</h2>
        <Button
          quiet
          label="Hide outline"
          tip={withKey("Hide outline", desk.commands.key("toggle-outline"))}
          onPress={() => desk.outline.toggle()}
        >
          <X size={16} aria-hidden />
        </Button>
      </div>
      {now?.headings.length === 0 && <Empty desk={desk} />}
      {now && now.headings.length > 0 && <OutlineTree desk={desk} headings={now.headings} />}
    </nav>
  );
}
