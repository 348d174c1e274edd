/** What can be done with the open document as a whole. */
import { Ellipsis } from "lucide-react";
import { MenuButton } from "../../ui/MenuButton.tsx";
import type { MenuChoice } from "../../ui/MenuButton.tsx";
import type { Desk } from "../desk.ts";
import { useStore } from "../use-store.ts";

type Action = MenuChoice & { run: () => void };

export function DocumentMenu({ desk }: { desk: Desk }) {
  const kind = useStore(desk.places.configuration)?.place.kind;
  const actions: Action[] = [{ id: "export", name: "Export…", run: () => void desk.exportDocument() }];
  if (kind === "private")
    actions.push({
      id: "move",
      name: "Move to workspace…",
      run: () => desk.dialog.set({ name: "move" }),
    });
  if (kind === "workspace") actions.push({ id: "share", name: "Share…", run: () => desk.share() });
  return (
    <MenuButton
      label="Document"
      tip="Document"
      groups={[{ label: "Document", choices: actions }]}
      onChoose={(id) => actions.find((action) => action.id === id)?.run()}
    >
      <Ellipsis size={17} aria-hidden />
    </MenuButton>
  );
}
