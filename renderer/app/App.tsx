/** The window: library, page, status; and what the window as a whole listens to. */
import { PanelLeftOpen, TableOfContents } from "lucide-react";
import { lazy, Suspense, useCallback, useEffect, useSyncExternalStore } from "react";
import { Button } from "../ui/Button.tsx";
import "../editor/document.css";
import "../editor/blocks.css";
import styles from "./App.module.css";
import { CountsButton } from "./counts/CountsButton.tsx";
import type { Desk } from "./desk.ts";
import { listenForFileDrops } from "./import/dropped-files.ts";
import { listenForKeys } from "./commands/keys.ts";
import { FindBar } from "./find/FindBar.tsx";
import { Library } from "./library/Library.tsx";
import { narrowWindow } from "./library/sidebar.ts";
import { Notices } from "./notices/Notices.tsx";
import { tightWindow } from "./outline/outline-store.ts";
import { Banner } from "./page/Banner.tsx";
import { DocumentMenu } from "./page/DocumentMenu.tsx";
import { BlockBar } from "./page/BlockBar.tsx";
import { BlockHandle } from "./page/BlockHandle.tsx";
import { FileBar } from "./page/FileBar.tsx";
import { ImageBar } from "./page/ImageBar.tsx";
import { isInToolbar } from "./page/focus-toolbar.ts";
import { Page } from "./page/Page.tsx";
import { FootnoteBar } from "./page/FootnoteBar.tsx";
import { LinkBar } from "./page/LinkBar.tsx";
import { SelectionBar } from "./page/SelectionBar.tsx";
import { TableHandles } from "./page/TableHandles.tsx";
import { SlashMenu } from "./page/SlashMenu.tsx";
import { TableBar } from "./page/TableBar.tsx";
import { Toolbar } from "./page/Toolbar.tsx";
import { isMac, withKey } from "./shown-key.ts";
import { StatusLine } from "./status/StatusLine.tsx";
import { useFocusBack } from "./use-focus-back.ts";
import { useReadOnly } from "./use-read-only.ts";
import { useStore } from "./use-store.ts";

// Dialogs are not needed to write; their code is fetched when the first one opens.
const SettingsDialog = lazy(async () => ({
  default: (await import("./settings/SettingsDialog.tsx")).SettingsDialog,
}));
const Palette = lazy(async () => ({ default: (await import("./commands/Palette.tsx")).Palette }));
const ShortcutsDialog = lazy(async () => ({
  default: (await import("./commands/ShortcutsDialog.tsx")).ShortcutsDialog,
}));
const JoinDialog = lazy(async () => ({ default: (await import("./places/JoinDialog.tsx")).JoinDialog }));
const MoveDialog = lazy(async () => ({ default: (await import("./places/MoveDialog.tsx")).MoveDialog }));
const ShareDialog = lazy(async () => ({ default: (await import("./sharing/ShareDialog.tsx")).ShareDialog }));
const WhereDialog = lazy(async () => ({ default: (await import("./where/WhereDialog.tsx")).WhereDialog }));
const StorageDialog = lazy(async () => ({
  default: (await import("./storage/StorageDialog.tsx")).StorageDialog,
}));
const RestoreDialog = lazy(async () => ({
  default: (await import("./restore/RestoreDialog.tsx")).RestoreDialog,
}));
const AltTextDialog = lazy(async () => ({
  default: (await import("./page/AltTextDialog.tsx")).AltTextDialog,
}));
const LinkDialog = lazy(async () => ({ default: (await import("./page/LinkDialog.tsx")).LinkDialog }));

const OutlinePanel = lazy(async () => ({
  default: (await import("./outline/OutlinePanel.tsx")).OutlinePanel,
}));

/** A window may be narrow for a moment before it has its size, and people make it so and wide again. */
function onNarrow(changed: () => void): () => void {
  const query = matchMedia(narrowWindow);
  query.addEventListener("change", changed);
  return () => query.removeEventListener("change", changed);
}

/** Escape closes what lies over the page, or the search that one is in; from a toolbar it goes back to the text. */
function escape(desk: Desk): boolean {
  if (desk.sidebar.over.get()) {
    desk.sidebar.over.set(false);
    return true;
  }
  const isInSearch = document.activeElement?.closest('[role="search"]');
  if (isInSearch) {
    desk.find.close();
    return true;
  }
  const { view } = desk;
  const isInOutline = document.activeElement?.closest("[data-outline]") ?? null;
  const wasOver = desk.outline.leave();
  if (!view) return wasOver;
  if (!wasOver && !isInOutline && !isInToolbar(document.activeElement)) return false;
  view.focus();
  return true;
}

function OutlineButton({ desk }: { desk: Desk }) {
  return (
    <Button
      quiet
      label="Show outline"
      tip={withKey("Show outline", desk.commands.key("toggle-outline"))}
      onPress={() => desk.outline.toggle()}
    >
      <TableOfContents size={17} aria-hidden />
    </Button>
  );
}

function Dialogs({ desk }: { desk: Desk }) {
  const dialog = useStore(desk.dialog);
  useFocusBack(desk.dialog);
  return (
    <Suspense fallback={null}>
      {dialog?.name === "palette" && <Palette desk={desk} />}
      {dialog?.name === "shortcuts" && <ShortcutsDialog desk={desk} />}
      {dialog?.name === "settings" && <SettingsDialog desk={desk} />}
      {dialog?.name === "join" && <JoinDialog key={dialog.link} desk={desk} link={dialog.link} />}
      {dialog?.name === "move" && <MoveDialog desk={desk} />}
      {dialog?.name === "share" && <ShareDialog desk={desk} />}
      {dialog?.name === "where" && <WhereDialog desk={desk} />}
      {dialog?.name === "storage" && <StorageDialog desk={desk} />}
      {dialog?.name === "restore" && <RestoreDialog desk={desk} />}
      {dialog?.name === "link" && (
        <LinkDialog href={dialog.href} onClose={(href) => desk.closeLinkDialog(href)} />
      )}
      {dialog?.name === "alt-text" && (
        <AltTextDialog alt={dialog.alt} onClose={(alt) => desk.closeAltTextDialog(alt)} />
      )}
    </Suspense>
  );
}

/** Where nothing is open; a page lies ready at once wherever one may write. */
function Empty({ desk }: { desk: Desk }) {
  const library = useStore(desk.library);
  const readOnly = useReadOnly(desk);
  return (
    <div className={styles["empty"]}>
      {library?.length === 0 && readOnly !== null && <p>There is nothing here yet. {readOnly}</p>}
    </div>
  );
}

export function App({ desk }: { desk: Desk }) {
  const page = useStore(desk.page);
  const readOnly = useReadOnly(desk);
  const isNarrow = useSyncExternalStore(onNarrow, () => matchMedia(narrowWindow).matches);
  const beside = useStore(desk.sidebar.beside);
  // Over the page it is a guest, who comes when asked.
  const over = useStore(desk.sidebar.over);
  const sidebar = isNarrow ? over : beside;
  const outline = useStore(desk.outline.shown) && page !== null;
  useStore(desk.commands.shortcuts);
  const toggle = useCallback(() => desk.sidebar.toggle(), [desk]);
  const chosen = useCallback(() => desk.sidebar.over.set(false), [desk]);

  useEffect(() => {
    const leave = (): void => desk.flush();
    const hide = (): void => {
      if (document.visibilityState === "hidden") desk.flush();
    };
    const stopDrops = listenForFileDrops(window, {
      onFiles: (files) => void desk.importFiles(files),
      onDropped: (dropped, at) => desk.drop(dropped, at),
    });
    const stopKeys = listenForKeys(window, desk.commands, {
      isMac,
      isDialogOpen: () => desk.dialog.get() !== null,
      escape: () => escape(desk),
    });
    const tight = matchMedia(tightWindow);
    const resized = (): void => desk.outline.resized();
    tight.addEventListener("change", resized);
    window.addEventListener("blur", leave);
    document.addEventListener("visibilitychange", hide);
    return () => {
      stopDrops();
      stopKeys();
      tight.removeEventListener("change", resized);
      window.removeEventListener("blur", leave);
      document.removeEventListener("visibilitychange", hide);
    };
  }, [desk]);

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
            <Button
              quiet
              label="Show library"
              tip={withKey("Show library", desk.commands.key("toggle-library"))}
              onPress={toggle}
            >
              <PanelLeftOpen size={17} aria-hidden />
            </Button>
          )}
          {page && <Toolbar desk={desk} />}
          {page && <TableBar desk={desk} />}
          {page && <ImageBar desk={desk} />}
          {page && <FileBar desk={desk} />}
          {page && <BlockBar desk={desk} />}
          {page && (
            <div className={styles["end"]}>
              {readOnly !== null && (
                <span className={styles["read-only"]} title={readOnly}>
                  Read only
                </span>
              )}
              <DocumentMenu desk={desk} />
              {!outline && <OutlineButton desk={desk} />}
            </div>
          )}
        </header>
        {page && <FindBar desk={desk} page={page} />}
        <Banner desk={desk} />
        {page ? <Page key={page.session.document} desk={desk} page={page} /> : <Empty desk={desk} />}
        <div className={styles["foot"]}>
          <StatusLine status={desk.status} onPress={() => desk.dialog.set({ name: "where" })} />
          {page && <CountsButton desk={desk} />}
        </div>
      </main>
      {page && <SlashMenu desk={desk} />}
      {page && <SelectionBar desk={desk} />}
      {page && <BlockHandle desk={desk} />}
      {page && <TableHandles desk={desk} />}
      {page && <LinkBar desk={desk} />}
      {page && <FootnoteBar desk={desk} />}
      {outline && (
        <>
          <div className={styles["scrim-tight"]} aria-hidden onPointerDown={() => desk.outline.leave()} />
          <div className={styles["outline"]}>
            <Suspense fallback={null}>
              <OutlinePanel desk={desk} />
            </Suspense>
          </div>
        </>
      )}
      <Notices board={desk.notices} />
      <Dialogs desk={desk} />
    </div>
  );
}
