/** The handle in the margin of the block that the mouse is beside: dragged it moves the block, clicked it has a menu. */
import { GripVertical } from "lucide-react";
import { lazy, Suspense, useRef, useState } from "react";
import type { CommandId } from "../../../electron/commands/table.ts";
import { dragBlock, handleAttribute, selectBlock } from "../../editor/hovered-block.ts";
import type { HoveredBlock } from "../../editor/hovered-block.ts";
import { buttonLabel } from "../commands/commands.ts";
import type { Desk } from "../desk.ts";
import { useReadOnly } from "../use-read-only.ts";
import { useStore } from "../use-store.ts";
import styles from "./BlockHandle.module.css";

const MenuPopover = lazy(async () => ({
  default: (await import("../../ui/MenuPopover.tsx")).MenuPopover,
}));

const done: readonly CommandId[] = ["move-block-up", "move-block-down", "duplicate-block", "delete-block"];
const turned: readonly CommandId[] = [
  "paragraph",
  "heading-1",
  "heading-2",
  "heading-3",
  "bullet-list",
  "ordered-list",
  "task-list",
  "quote",
  "callout",
  "code-block",
];

const choicesOf = (ids: readonly CommandId[]): { id: CommandId; name: string }[] =>
  ids.map((id) => ({ id, name: buttonLabel(id) }));

export function BlockHandle({ desk }: { desk: Desk }) {
  const hovered = useStore(desk.hoveredBlock);
  const readOnly = useReadOnly(desk);
  const button = useRef<HTMLButtonElement>(null);
  // While its menu is open it stays where it is, wherever the mouse goes.
  const [opened, setOpened] = useState<HoveredBlock | null>(null);
  const block = opened ?? hovered;
  if (!block || readOnly !== null) return null;
  const { pos, left, top, bottom } = block;
  return (
    <>
      <button
        ref={button}
        type="button"
        // By keys each of its commands has its own.
        tabIndex={-1}
        draggable
        {...{ [handleAttribute]: "" }}
        aria-label="Block: drag to move it, press for what can be done with it"
        aria-haspopup="menu"
        aria-expanded={opened !== null}
        className={styles["handle"]}
        style={{ left: `${left}px`, top: `${(top + bottom) / 2}px` }}
        onDragStart={(event) => {
          if (desk.view) dragBlock(desk.view, pos, event.dataTransfer);
        }}
        onClick={() => {
          if (desk.view) selectBlock(desk.view, pos);
          setOpened(block);
        }}
      >
        <GripVertical size={16} aria-hidden />
      </button>
      {opened && (
        <Suspense fallback={null}>
          <MenuPopover
            label="Block"
            trigger={button}
            groups={[
              { label: "Block", choices: choicesOf(done) },
              { label: "Turn into", choices: choicesOf(turned) },
            ]}
            onClose={() => setOpened(null)}
            onChoose={(id) => {
              const chosen = [...done, ...turned].find((one) => one === id);
              if (chosen) desk.commands.run(chosen);
            }}
          />
        </Suspense>
      )}
    </>
  );
}
