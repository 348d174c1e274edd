/**
 * Where pictures will stand that are being stored: places in the text that move with what is typed meanwhile,
 * each with a quiet mark that says what is coming. They are of this window only, until the picture is there.
 */
import { Plugin, PluginKey } from "prosemirror-state";
import type { EditorState, Transaction } from "prosemirror-state";
import { Decoration, DecorationSet } from "prosemirror-view";

type Place = { readonly pos: number; readonly label: string };
type Places = ReadonlyMap<number, Place>;
type Change = { readonly id: number; readonly place: Place | null };

const key = new PluginKey<Places>("picture-places");

/** Sets a place, or takes it away with null. Where the transaction changes the text too, `pos` is in the outcome. */
export const setPlace = (tr: Transaction, id: number, place: Place | null): Transaction =>
  tr.setMeta(key, { id, place } satisfies Change);

/** Null where it is not known any more: the session has begun anew. */
export const placeOf = (state: EditorState, id: number): number | null =>
  key.getState(state)?.get(id)?.pos ?? null;

function moved(places: Places, tr: Transaction): Places {
  const change = tr.getMeta(key) as Change | undefined;
  if (!change && (places.size === 0 || !tr.docChanged)) return places;
  // What is typed at the place comes after the picture, as it would if the picture were there already.
  const next = new Map(
    [...places].map(([id, { pos, label }]) => [id, { pos: tr.mapping.map(pos, -1), label }]),
  );
  if (change?.place) next.set(change.id, change.place);
  else if (change) next.delete(change.id);
  return next;
}

function mark(label: string): HTMLElement {
  const dom = document.createElement("span");
  dom.className = "picture-coming";
  dom.textContent = label;
  return dom;
}

export const picturePlaces = (): Plugin<Places> =>
  new Plugin<Places>({
    key,
    state: { init: () => new Map(), apply: (tr, places) => moved(places, tr) },
    props: {
      decorations: (state) => {
        const places = key.getState(state);
        if (!places?.size) return null;
        return DecorationSet.create(
          state.doc,
          [...places].map(([id, { pos, label }]) =>
            Decoration.widget(pos, () => mark(label), {
              key: `picture-${id}`,
              side: -1,
              ignoreSelection: true,
            }),
          ),
        );
      },
    },
  });
