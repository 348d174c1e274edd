import { X } from "lucide-react";
import { Button } from "../../ui/Button.tsx";
import { useStore } from "../use-store.ts";
import type { NoticeBoard } from "./notice-board.ts";
import styles from "./Notices.module.css";

export function Notices({ board }: { board: NoticeBoard }) {
  const notices = useStore(board.notices);
  return (
    <div className={styles["stack"]}>
      {notices.map(({ id, message, kind, action }) =>
        kind === "progress" ? (
          <output key={id} aria-label="Progress" className={styles["notice"]}>
            <p>{message}</p>
          </output>
        ) : (
          <div key={id} role="alert" className={styles["notice"]}>
            <p>{message}</p>
            {action && (
              <Button
                label={action.label}
                onPress={() => {
                  board.dismiss(id);
                  action.run();
                }}
              >
                {action.label}
              </Button>
            )}
            <Button quiet label="Dismiss" onPress={() => board.dismiss(id)}>
              <X size={16} aria-hidden />
            </Button>
          </div>
        ),
      )}
    </div>
  );
}
