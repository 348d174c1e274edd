/** Over the page, where what is written stays on this device though the page is shared. */
import { Button } from "../../ui/Button.tsx";
import type { Desk } from "../desk.ts";
import { useStore } from "../use-store.ts";
import styles from "./Banner.module.css";

export function Banner({ desk }: { desk: Desk }) {
  const words = useStore(desk.banner);
  if (words === null) return null;
  return (
    <section aria-label="Not shared" className={styles["banner"]}>
      {/* Said once, when it comes to be; it does not interrupt. */}
      <p role="status" aria-label="Not shared">
        {words}
      </p>
      <Button label="Export…" onPress={() => void desk.exportDocument()}>
        Export…
      </Button>
    </section>
  );
}
