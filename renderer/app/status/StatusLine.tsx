import { useStore } from "../use-store.ts";
import type { StatusLineStore } from "./status-line-store.ts";
import styles from "./StatusLine.module.css";

export function StatusLine({ status }: { status: StatusLineStore }) {
  const words = useStore(status.words);
  return (
    <output aria-label="Status" className={styles["line"]} title={words}>
      {words}
    </output>
  );
}
