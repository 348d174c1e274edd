/** The handles of the row and the column that the mouse is over: dragged they move it, pressed they have its menu. */
import { Ellipsis, EllipsisVertical } from "lucide-react";
import { lazy, Suspense, useRef, useState } from "react";
import type { PointerEvent } from "react";
import type { CommandId } from "../../../electron/commands/table.ts";
import { cellHandleAttribute, lineAt, selectLine } from "../../editor/hovered-cell.ts";
import type { Axis, HoveredCell } from "../../editor/hovered-cell.ts";
import { moveColumnBefore, moveRowBefore } from "../../editor/table-moves.ts";
import { buttonLabel } from "../commands/commands.ts";
import type { Desk } from "../desk.ts";
import { useReadOnly } from "../use-read-only.ts";
import { useStore } from "../use-store.ts";
import styles from "./TableHandles.module.css";

const MenuPopover = lazy(async () => ({
  default: (await import("../../ui/MenuPopover.tsx")).MenuPopover,
}));

const choices: { readonly [A in Axis]: readonly CommandId[] } = {
  row: ["row-above", "row-below", "move-row-up", "move-row-down", "delete-row"],
  column: [
    "column-before",
    "column-after",
    "move-column-before",
    "move-column-after",
    "align-start",
    "align-center",
    "align-right",
    "delete-column",
  ],
};
const names: { readonly [A in Axis]: string } = { row: "Row", column: "Column" };

/** Pixels: less is a press by an unsteady hand. */
const dragMin = 4;

export function TableHandles({ desk }: { desk: Desk }) {
  const hovered = useStore(desk.hoveredCell);
  const readOnly = useReadOnly(desk);
  // While it is dragged, or its menu is open, it stays the one, wherever the mouse goes.
  const [held, setHeld] = useState<HoveredCell | null>(null);
  const cell = held ?? hovered;
  if (!cell || readOnly !== null) return null;
  return (
    <>
      <Handle desk={desk} axis="row" cell={cell} hold={setHeld} />
      <Handle desk={desk} axis="column" cell={cell} hold={setHeld} />
    </>
  );
}

type HandleProps = {
  desk: Desk;
  axis: Axis;
  cell: HoveredCell;
  hold: (cell: HoveredCell | null) => void;
};

function Handle({ desk, axis, cell, hold }: HandleProps) {
  const button = useRef<HTMLButtonElement>(null);
  const pressedAt = useRef<number | null>(null);
  const [drop, setDrop] = useState<{ before: number; edge: number } | null>(null);
  const [isOpen, setOpen] = useState(false);
  const { pos, row, column, table } = cell;
  const along = (event: PointerEvent): number => (axis === "row" ? event.clientY : event.clientX);
  const end = (): void => {
    pressedAt.current = null;
    setDrop(null);
    hold(null);
  };
  return (
    <>
      <button
        ref={button}
        type="button"
        // By keys each of its commands can have its own.
        tabIndex={-1}
        {...{ [cellHandleAttribute]: "" }}
        aria-label={`${names[axis]}: drag to move it, press for what can be done with it`}
        aria-haspopup="menu"
        aria-expanded={isOpen}
        className={`${styles["handle"]} ${styles[axis]}`}
        style={
          axis === "row"
            ? { left: table.left, top: (row[0] + row[1]) / 2 }
            : { left: (column[0] + column[1]) / 2, top: table.top }
        }
        onPointerDown={(event) => {
          if (event.button !== 0 || !desk.view) return;
          event.preventDefault();
          event.currentTarget.setPointerCapture(event.pointerId);
          pressedAt.current = along(event);
          selectLine(desk.view, pos, axis);
          hold(cell);
        }}
        onPointerMove={(event) => {
          const { view } = desk;
          if (pressedAt.current === null || !view) return;
          if (drop || Math.abs(along(event) - pressedAt.current) >= dragMin)
            setDrop(lineAt(view, pos, axis, along(event)));
        }}
        onPointerCancel={end}
        onPointerUp={() => {
          if (pressedAt.current === null) return;
          pressedAt.current = null;
          if (!drop) return setOpen(true);
          desk.run(axis === "row" ? moveRowBefore(drop.before) : moveColumnBefore(drop.before));
          end();
        }}
      >
        {axis === "row" ? <EllipsisVertical size={12} aria-hidden /> : <Ellipsis size={12} aria-hidden />}
      </button>
      {drop && (
        <div
          aria-hidden
          className={styles["drop"]}
          style={
            axis === "row"
              ? { left: table.left, top: drop.edge - 1, width: table.right - table.left, height: 2 }
              : { left: drop.edge - 1, top: table.top, width: 2, height: table.bottom - table.top }
          }
        />
      )}
      {isOpen && (
        <Suspense fallback={null}>
          <MenuPopover
            label={names[axis]}
            trigger={button}
            groups={[
              { label: names[axis], choices: choices[axis].map((id) => ({ id, name: buttonLabel(id) })) },
            ]}
            onClose={() => {
              setOpen(false);
              hold(null);
            }}
            onChoose={(id) => {
              const chosen = choices[axis].find((one) => one === id);
              if (chosen) desk.commands.run(chosen);
            }}
          />
        </Suspense>
      )}
    </>
  );
}
