/** The window: library, page, status; and what the window as a whole listens to. */
import { PanelLeftOpen } from "lucide-react";
import { lazy, Suspense, useCallback, useEffect, useState } from "react";
import { Button } from "../ui/Button.tsx";
import "../editor/document.css";
import "../editor/blocks.css";
import styles from "./App.module.css";
import type { Desk } from "./desk.ts";
import { listenForFileDrops } from "./import/dropped-files.ts";
import { Library } from "./library/Library.tsx";
import { Notices } from "./notices/Notices.tsx";
import { Page } from "./page/Page.tsx";
import { TableBar } from "./page/TableBar.tsx";
import { Toolbar } from "./page/Toolbar.tsx";
import { shownKey } from "./shown-key.ts";
import { StatusLine } from "./status/StatusLine.tsx";
import { useStore } from "./use-store.ts";

// Dialogs are not needed to write; their code is fetched when the first one opens.
const SettingsDialog = lazy(async () => ({
  default: (await import("./settings/SettingsDialog.tsx")).SettingsDialog,
}));
const LinkDialog = lazy(async () => ({ default: (await import("./page/LinkDialog.tsx")).LinkDialog }));

const narrow = "(max-width: 52rem)";
const sidebarKey = "deckle.sidebar";

function Dialogs({ desk }: { desk: Desk }) {
  const dialog = useStore(desk.dialog);
  return (
    <Suspense fallback={null}>
      {dialog?.name === "settings" && <SettingsDialog desk={desk} />}
      {dialog?.name === "link" && (
        <LinkDialog href={dialog.href} onClose={(href) => desk.closeLinkDialog(href)} />
      )}
    </Suspense>
  );
}

export function App({ desk }: { desk: Desk }) {
  const page = useStore(desk.page);
  const [sidebar, setSidebar] = useState(
    () => localStorage.getItem(sidebarKey) !== "hidden" && !matchMedia(narrow).matches,
  );
  const toggle = useCallback(() => {
    setSidebar((shown) => {
      localStorage.setItem(sidebarKey, shown ? "hidden" : "shown");
      return !shown;
    });
  }, []);
  const chosen = useCallback(() => {
    if (matchMedia(narrow).matches) setSidebar(false);
  }, []);

  useEffect(() => {
    const keydown = (event: KeyboardEvent): void => {
      // Over the page the sidebar is a guest.
      if (event.key === "Escape" && matchMedia(narrow).matches) setSidebar(false);
      if (event.key !== "\\" || !(event.metaKey || event.ctrlKey) || event.altKey) return;
      event.preventDefault();
      toggle();
    };
    const leave = (): void => desk.flush();
    const hide = (): void => {
      if (document.visibilityState === "hidden") desk.flush();
    };
    const stopDrops = listenForFileDrops(window, (files) => void desk.importFiles(files));
    window.addEventListener("keydown", keydown);
    window.addEventListener("blur", leave);
    document.addEventListener("visibilitychange", hide);
    return () => {
      stopDrops();
      window.removeEventListener("keydown", keydown);
      window.removeEventListener("blur", leave);
      document.removeEventListener("visibilitychange", hide);
    };
  }, [desk, toggle]);

  return (
    <div className={styles["window"]}>
      {sidebar && (
        <>
          <div className={styles["side"]}>
            <Library desk={desk} onHide={toggle} onChosen={chosen} />
          </div>
          {/* The pointer's way out; the keyboard has Escape and the sidebar's own button. */}
          <div className={styles["scrim"]} aria-hidden onPointerDown={chosen} />
        </>
      )}
      <main className={styles["main"]}>
        <header className={styles["bar"]}>
          {!sidebar && (
            <Button quiet label="Show library" tip={`Show library (${shownKey("Mod-\\")})`} onPress={toggle}>
              <PanelLeftOpen size={17} aria-hidden />
            </Button>
          )}
          {page && <Toolbar desk={desk} />}
          {page && <TableBar desk={desk} />}
        </header>
        {page ? (
          <Page key={page.session.document} desk={desk} page={page} />
        ) : (
          <div className={styles["empty"]} />
        )}
        <StatusLine status={desk.status} />
      </main>
      <Notices board={desk.notices} />
      <Dialogs desk={desk} />
    </div>
  );
}
