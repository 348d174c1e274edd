/** Over the page, where what is written is not saved, or stays on this device though the page is shared. */
import { Button } from "../../ui/Button.tsx";
import type { Desk } from "../desk.ts";
import { useStore } from "../use-store.ts";
import type { BannerText } from "./banner-words.ts";
import styles from "./Banner.module.css";

const names: Readonly<Record<BannerText["kind"], string>> = {
  "not-saved": "Not saved",
  "not-shared": "Not shared",
};

export function Banner({ desk }: { desk: Desk }) {
  const text = useStore(desk.banner);
  if (text === null) return null;
  const { kind, words } = text;
  return (
    <section aria-label={names[kind]} className={styles["banner"]} data-kind={kind}>
      {/* Said once, when it comes to be. Only what cannot be saved interrupts. */}
      <p role={kind === "not-saved" ? "alert" : "status"} aria-label={names[kind]}>
        {words}
      </p>
      <div className={styles["actions"]}>
        <Button label="Export…" onPress={() => void desk.exportDocument()}>
          Export…
        </Button>
        {kind === "not-saved" && (
          <Button label="Where is my text?" onPress={() => desk.dialog.set({ name: "where" })}>
            Where is my text?
          </Button>
        )}
      </div>
    </section>
  );
}
