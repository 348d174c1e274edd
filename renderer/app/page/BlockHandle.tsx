/** The handle in the margin of the block that the mouse is beside: dragged it moves the block, clicked it has a menu. */
import { GripVertical } from "lucide-react";
import type { Node } from "prosemirror-model";
import { lazy, Suspense, useRef, useState } from "react";
import type { CommandId } from "../../../electron/commands/table.ts";
import { EdgeScroll } from "../../editor/edge-scroll.ts";
import { dropAt, handleAttribute, placeOf, selectBlock } from "../../editor/hovered-block.ts";
import type { HoveredBlock } from "../../editor/hovered-block.ts";
import { moveBlockBefore } from "../../editor/move-block.ts";
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

/** Pixels: less is a press by an unsteady hand. */
const dragMin = 4;

/** What was pressed: from where in the window, where the pointer is by now, and the block. */
type Pressed = { from: number; y: number; readonly node: Node; readonly scroll: EdgeScroll };

export function BlockHandle({ desk }: { desk: Desk }) {
  const hovered = useStore(desk.hoveredBlock);
  const readOnly = useReadOnly(desk);
  const button = useRef<HTMLButtonElement>(null);
  const pressed = useRef<Pressed | null>(null);
  // While it is dragged, or its menu is open, it stays with its block, wherever the mouse goes.
  const [held, setHeld] = useState<HoveredBlock | null>(null);
  const [drop, setDrop] = useState<{ before: number; edge: number } | null>(null);
  const [isOpen, setOpen] = useState(false);
  const block = held ?? hovered;
  if (!block || readOnly !== null) return null;
  const { pos, left, top, bottom } = block;
  const end = (): void => {
    pressed.current?.scroll.stop();
    pressed.current = null;
    setDrop(null);
    setHeld(null);
  };
  return (
    <>
      <button
        ref={button}
        type="button"
        // By keys each of its commands has its own.
        tabIndex={-1}
        {...{ [handleAttribute]: "" }}
        aria-label="Block: drag to move it, press for what can be done with it"
        aria-haspopup="menu"
        aria-expanded={isOpen}
        className={styles["handle"]}
        style={{ left: `${left}px`, top: `${(top + bottom) / 2}px` }}
        onPointerDown={(event) => {
          if (event.button !== 0 || !desk.view) return;
          event.preventDefault();
          event.currentTarget.setPointerCapture(event.pointerId);
          const { view } = desk;
          const node = view.state.doc.nodeAt(pos);
          if (!node) return;
          const scroll = new EdgeScroll(view, () => {
            if (pressed.current) setDrop(dropAt(view, pressed.current.y));
          });
          pressed.current = { from: event.clientY, y: event.clientY, node, scroll };
          setHeld(block);
        }}
        onPointerMove={(event) => {
          if (pressed.current === null || !desk.view) return;
          pressed.current.y = event.clientY;
          if (!drop && Math.abs(event.clientY - pressed.current.from) < dragMin) return;
          setDrop(dropAt(desk.view, event.clientY));
          pressed.current.scroll.at(event.clientY);
        }}
        onPointerCancel={end}
        onPointerUp={(event) => {
          const { current } = pressed;
          if (current === null || !desk.view) return;
          current.scroll.stop();
          pressed.current = null;
          const at = placeOf(desk.view.state.doc, current.node);
          if (!drop) {
            if (at !== null) selectBlock(desk.view, at);
            return setOpen(true);
          }
          // Others may have written meanwhile: where things are now counts, and a block that they changed stays.
          const target = dropAt(desk.view, event.clientY);
          if (at !== null && target) desk.run(moveBlockBefore(at, target.before));
          end();
        }}
      >
        <GripVertical size={16} aria-hidden />
      </button>
      {drop && (
        <div
          aria-hidden
          className={styles["drop"]}
          style={{ left, top: drop.edge - 1, width: desk.view?.dom.offsetWidth }}
        />
      )}
      {isOpen && (
        <Suspense fallback={null}>
          <MenuPopover
            label="Block"
            trigger={button}
            groups={[
              { label: "Block", choices: choicesOf(done) },
              { label: "Turn into", choices: choicesOf(turned) },
            ]}
            onClose={() => {
              setOpen(false);
              setHeld(null);
            }}
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
