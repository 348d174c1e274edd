/**
 * The window's composition root. The engine starts before React does, and the last document's
 * cached rendering is read meanwhile.
 *
 * With `?bench` in the page's address benchmarks find the ProseMirror view of the open document at
 * `deckleBench.view()` and a bare one to compare it with; without it there is no such thing.
 */
import { createRoot } from "react-dom/client";
import "./ui/tokens.css";
import { App } from "./app/App.tsx";
import { bridge } from "./app/bridge.ts";
import { Desk } from "./app/desk.ts";
import { engineAnswers } from "./app/engine-answers.ts";
import { keepPicture } from "./app/images/keep-picture.ts";
import { measurePicture } from "./app/images/measure-picture.ts";
import { narrowWindow } from "./app/library/sidebar.ts";
import { showLook } from "./app/preferences/look.ts";
import { tightWindow } from "./app/outline/outline-store.ts";
import { engineOptions } from "./app/places/engine-options.ts";
import { EngineConnection, startEngine } from "./editor/connection.ts";
import type { Question } from "./editor/connection.ts";
import { readRendering } from "./editor/renderings.ts";

const configuration = bridge.configuration();
const connection = new EngineConnection(
  async () => startEngine(engineOptions(await configuration)),
  engineAnswers(bridge, configuration),
);
const desk = new Desk({
  connection,
  bridge,
  configuration,
  readRendering,
  preferences: localStorage,
  ofWindow: sessionStorage,
  isNarrow: () => matchMedia(narrowWindow).matches,
  isTight: () => matchMedia(tightWindow).matches,
  newClientId: () => crypto.randomUUID(),
  pictures: {
    keep: (file) => keepPicture((...request) => fetch(...request), file),
    measure: measurePicture,
  },
});
const look = (): void => showLook(document.documentElement, desk.preferences.get());
look();
desk.preferences.subscribe(look);
matchMedia("(prefers-contrast: more)").addEventListener("change", look);
desk.start();
// Else the browser may clear what is kept here when the disk fills up. The second copy is there either way.
void navigator.storage.persist().catch(() => false);

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root");
createRoot(root).render(<App desk={desk} />);

if (new URLSearchParams(location.search).has("bench"))
  void import("./editor/bench.ts").then(({ bareEditor }) => {
    Object.assign(globalThis, {
      deckleBench: {
        view: () => desk.view,
        bareEditor,
        ask: (question: Question) => connection.ask(question),
      },
    });
  });
