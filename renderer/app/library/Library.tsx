/** The sidebar: every document by title. Rows are memoised; off-screen ones cost no layout. */
import { FileDown, PanelLeftClose, Settings, SquarePen, Users } from "lucide-react";
import { memo, useCallback, useDeferredValue, useSyncExternalStore } from "react";
import type { DocumentId } from "../../engine/port.ts";
import type { TitleSync } from "../../editor/title-sync.ts";
import { Button } from "../../ui/Button.tsx";
import type { Desk } from "../desk.ts";
import { PlaceSwitcher } from "../places/PlaceSwitcher.tsx";
import { withKey } from "../shown-key.ts";
import { useReadOnly } from "../use-read-only.ts";
import { useStore } from "../use-store.ts";
import styles from "./Library.module.css";

type RowProps = {
  document: DocumentId;
  title: string;
  isOpen: boolean;
  onOpen: (document: DocumentId) => void;
};

const Row = memo(function Row({ document, title, isOpen, onOpen }: RowProps) {
  return (
    <li className={styles["item"]}>
      <button
        type="button"
        className={styles["row"]}
        aria-current={isOpen ? "page" : undefined}
        title={title}
        onClick={() => onOpen(document)}
      >
        {title.trim() || "Untitled"}
      </button>
    </li>
  );
});

/** The open document's row shows the title as it is typed, before the library has heard of it. */
function OpenRow({ sync, ...props }: Omit<RowProps, "title" | "isOpen"> & { sync: TitleSync }) {
  const title = useSyncExternalStore(sync.subscribe, () => sync.value);
  return <Row {...props} title={title} isOpen />;
}

export function Library({
  desk,
  onHide,
  onChosen,
}: {
  desk: Desk;
  onHide: () => void;
  onChosen: () => void;
}) {
  const entries = useDeferredValue(useStore(desk.library));
  const page = useStore(desk.page);
  const readOnly = useReadOnly(desk);
  useStore(desk.commands.shortcuts);
  const isShared = useStore(desk.places.configuration)?.place.kind === "workspace";
  const open = useCallback(
    (document: DocumentId) => {
      void desk.open(document, "text");
      onChosen();
    },
    [desk, onChosen],
  );
  return (
    <nav aria-label="Library" className={styles["library"]}>
      <div className={styles["head"]}>
        <Button
          quiet
          label="Hide library"
          tip={withKey("Hide library", desk.commands.key("toggle-library"))}
          onPress={onHide}
        >
          <PanelLeftClose size={17} aria-hidden />
        </Button>
        <span className={styles["spring"]} />
        <Button
          quiet
          label="Import Markdown"
          tip={readOnly ?? withKey("Import Markdown", desk.commands.key("import"))}
          isDisabled={readOnly !== null}
          onPress={() => void desk.pickAndImport()}
        >
          <FileDown size={17} aria-hidden />
        </Button>
        <Button
          quiet
          label="New document"
          tip={readOnly ?? withKey("New document", desk.commands.key("new-document"))}
          isDisabled={readOnly !== null}
          onPress={() => void desk.newDocument()}
        >
          <SquarePen size={17} aria-hidden />
        </Button>
      </div>
      <PlaceSwitcher desk={desk} />
      <ul aria-label="Documents" className={styles["list"]}>
        {entries?.map(({ document, title }) =>
          page?.session.document === document ? (
            <OpenRow key={document} document={document} sync={page.session.title} onOpen={open} />
          ) : (
            <Row key={document} document={document} title={title} isOpen={false} onOpen={open} />
          ),
        )}
      </ul>
      <div className={styles["foot"]}>
        <Button quiet label="Settings" onPress={() => desk.dialog.set({ name: "settings" })}>
          <Settings size={16} aria-hidden />
          <span>Settings</span>
        </Button>
        {isShared && (
          <Button quiet label="Share" onPress={() => desk.share()}>
            <Users size={16} aria-hidden />
            <span>Share</span>
          </Button>
        )}
      </div>
    </nav>
  );
}
