import { history, undo } from "prosemirror-history";
import type { Node } from "prosemirror-model";
import { TextSelection } from "prosemirror-state";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Random } from "../document/random.ts";
import { schema } from "../document/schema.ts";
import { confirmAfterMsMax, lastTypedMs, statusAfterMsMax, titleQuietMs } from "./limits.ts";
import { documentId, FakeEngine } from "./fake-engine.ts";
import { identifyPlugin } from "./identify-plugin.ts";
import { Session } from "./session.ts";

const docOf = (...paragraphs: string[]): Node =>
  schema.node(
    "doc",
    null,
    paragraphs.map((text) => schema.node("paragraph", null, text ? [schema.text(text)] : [])),
  );

const textOf = (doc: Node | undefined): string => doc?.textBetween(0, doc.content.size, "\n") ?? "";

let clients = 0;
let mayWrite = true;
const sessions: Session[] = [];

function openAt(
  engine: FakeEngine,
  shown: Node | null = null,
): { session: Session; pump: (max?: number) => boolean } {
  const { connection, pump: deliver } = engine.connect();
  const pump = (max?: number): boolean => {
    vi.advanceTimersByTime(0); // steps go out after the frame
    return deliver(max);
  };
  const session = new Session({
    connection,
    document: documentId,
    clientId: `client ${clients++}`,
    shown: shown && { rendering: "r", title: "", doc: shown },
    mayWrite: () => mayWrite,
    plugins: () => [history(), identifyPlugin()],
    viewProps: {},
  });
  sessions.push(session);
  return { session, pump };
}

function type(session: Session, text: string, pos?: number): void {
  const { state } = session;
  if (!state) throw new Error("nothing is shown");
  const at = pos ?? state.doc.content.size - 1;
  const tr = state.tr.insertText(text, at);
  session.dispatch(tr.setSelection(TextSelection.create(tr.doc, at + text.length)));
}

beforeEach(() => {
  mayWrite = true;
  vi.useFakeTimers();
});
afterEach(() => {
  for (const session of sessions.splice(0)) session.stop();
  if (vi.getTimerCount() > 0) throw new Error("a timer was left running");
  vi.useRealTimers();
});

describe("a session", () => {
  it("takes nothing from who may not write any more, and what others write still comes", () => {
    const engine = new FakeEngine(docOf("a"));
    const { session, pump } = openAt(engine);
    while (pump());
    type(session, "b");
    mayWrite = false;
    session.permissionChanged();
    vi.advanceTimersByTime(lastTypedMs);
    expect(session.isEditable).toBe(false);
    type(session, "c");
    while (pump());
    engine.remote((tr) => void tr.insert(1, schema.text("d")));
    while (pump());
    expect([textOf(session.state?.doc), textOf(engine.doc)]).toEqual(["dab", "dab"]);
    mayWrite = true;
    type(session, "e");
    while (pump());
    expect([session.isEditable, textOf(engine.doc)]).toEqual([true, "dabe"]);
  });

  it("still takes what was typed before the right to write was taken", () => {
    const engine = new FakeEngine(docOf("a"));
    const { session, pump } = openAt(engine);
    while (pump());
    mayWrite = false;
    session.permissionChanged();
    // The page tells of it only now.
    type(session, "b");
    vi.advanceTimersByTime(lastTypedMs - 1);
    type(session, "c");
    vi.advanceTimersByTime(1);
    type(session, "d");
    // Nothing is under way when it is said again.
    session.permissionChanged();
    type(session, "e");
    while (pump());
    expect([session.isEditable, textOf(engine.doc)]).toEqual([false, "abc"]);
  });

  it("shows the engine's document where there is no rendering", () => {
    const { session, pump } = openAt(new FakeEngine(docOf("hello")));
    expect(session.progress).toEqual({ state: "opening", shown: false });
    pump();
    expect(session.progress).toEqual({ state: "open", shown: true });
    expect(textOf(session.state?.doc)).toBe("hello");
  });

  it("is editable over a cached rendering, and brings what was typed along", () => {
    const engine = new FakeEngine(docOf("one", "two", "three, changed elsewhere"));
    const { session, pump } = openAt(engine, docOf("one", "two"));
    type(session, "!");
    expect(session.facts.pending).toBe(true);
    pump();
    expect(textOf(engine.doc)).toBe("one\ntwo!\nthree, changed elsewhere");
    expect(session.state?.doc.eq(engine.doc)).toBe(true);
    expect(session.facts.pending).toBe(false);
  });

  it("is not told to be saved by what the engine said before it took the title", () => {
    const engine = new FakeEngine(docOf("a"));
    const { session, pump } = openAt(engine);
    while (pump());
    engine.save();
    session.title.input("A title");
    expect(pump(1)).toBe(true); // the title goes up while "saved" comes down
    expect(session.facts.here).toEqual({ state: "saving" });
    while (pump());
    engine.save();
    while (pump());
    expect(session.facts.here).toEqual({ state: "saved" });
  });

  it("does not claim of others' words, nor of another engine's document, that they are saved", () => {
    const engine = new FakeEngine(docOf("a"));
    const { session, pump } = openAt(engine);
    while (pump());
    engine.save();
    while (pump());
    expect(session.facts.here).toEqual({ state: "saved" });
    engine.remote((tr) => tr.insert(1, schema.text("X")));
    while (pump());
    expect([textOf(session.state?.doc), session.facts.here]).toEqual(["Xa", { state: "saving" }]);
    engine.save();
    while (pump());
    engine.disk = docOf("Xa", "from the relay");
    engine.die();
    while (pump());
    expect(session.state?.doc.childCount).toBe(2);
    expect(session.facts.here).toEqual({ state: "saving" });
    engine.save();
    while (pump());
    expect(session.facts.here).toEqual({ state: "saved" });
  });

  it("sends one batch at a time", () => {
    const engine = new FakeEngine(docOf(""));
    const { connection, pump } = engine.connect();
    const sent: number[] = [];
    const session = new Session({
      connection: {
        ...connection,
        send: (message) => {
          if (message.type === "steps") sent.push(message.steps.length);
          connection.send(message);
        },
      },
      document: documentId,
      clientId: "a",
      shown: null,
      mayWrite: () => true,
      plugins: () => [],
      viewProps: {},
    });
    sessions.push(session);
    pump();
    type(session, "a");
    type(session, "b");
    expect(sent).toEqual([]);
    vi.advanceTimersByTime(0);
    for (const letter of "cde") type(session, letter);
    vi.advanceTimersByTime(0);
    expect(sent).toEqual([2]);
    pump();
    expect(sent).toEqual([2, 3]);
    expect(textOf(engine.doc)).toBe("abcde");
  });

  it("rebases a batch that was refused, leaves the caret, and undoes only its own edit", () => {
    const engine = new FakeEngine(docOf("abc"));
    const { session, pump } = openAt(engine);
    pump();
    engine.remote((tr) => tr.insert(1, schema.text("X")));
    type(session, "Y", 2);
    const caret = session.state?.selection.head;
    pump();
    expect(textOf(engine.doc)).toBe("XaYbc");
    expect(session.state?.selection.head).toBe((caret ?? 0) + 1);
    if (session.state) undo(session.state, (tr) => session.dispatch(tr));
    pump();
    expect(textOf(engine.doc)).toBe("Xabc");
  });

  it("leaves what somebody inserted into a stretch that is being deleted", () => {
    const engine = new FakeEngine(docOf("hello", "world"));
    const { session, pump } = openAt(engine);
    pump();
    engine.remote((tr) => tr.insert(4, schema.text("X")));
    const { state } = session;
    if (!state) throw new Error("nothing is shown");
    session.dispatch(state.tr.delete(3, 11));
    pump();
    expect(textOf(engine.doc)).toBe("heXld");
    expect(session.state?.doc.eq(engine.doc)).toBe(true);
  });

  it("leaves what somebody inserted into a word that is being typed over", () => {
    const engine = new FakeEngine(docOf("hello"));
    const { session, pump } = openAt(engine);
    pump();
    engine.remote((tr) => tr.insert(4, schema.text("X")));
    const { state } = session;
    if (!state) throw new Error("nothing is shown");
    session.dispatch(state.tr.insertText("bye", 1, 6));
    pump();
    expect(textOf(engine.doc)).toBe("Xbye");
  });

  it("keeps what was typed where somebody else deleted the paragraph meanwhile", () => {
    const engine = new FakeEngine(docOf("one", "two", "three"));
    const { session, pump } = openAt(engine);
    pump();
    engine.remote((tr) => tr.delete(5, 10));
    for (const [i, letter] of [..."abc"].entries()) type(session, letter, 7 + i);
    pump();
    expect(textOf(engine.doc)).toBe("one\nabc\nthree");
    if (session.state) undo(session.state, (tr) => session.dispatch(tr));
    pump();
    expect(textOf(engine.doc)).toMatch(/^one\n+three$/);
  });

  it("does not claim a save that was said before its last steps were taken", () => {
    const engine = new FakeEngine(docOf(""));
    const { session, pump } = openAt(engine);
    engine.save();
    pump();
    engine.save();
    pump();
    expect(session.facts.here).toEqual({ state: "saved" });
    type(session, "a");
    expect(session.facts.pending).toBe(true);
    pump();
    expect(session.facts).toMatchObject({ pending: false, here: { state: "saving" } });
    engine.save();
    pump();
    expect(session.facts).toMatchObject({ pending: false, here: { state: "saved" } });
  });

  it("asks again when the engine is silent after steps, and types nothing twice", () => {
    const engine = new FakeEngine(docOf(""));
    const { session, pump } = openAt(engine);
    pump();
    type(session, "taken");
    // The engine takes the batch; the window hears nothing of it.
    engine.remote(() => {});
    vi.advanceTimersByTime(confirmAfterMsMax);
    pump();
    expect(textOf(engine.doc)).toBe("taken");
    expect(textOf(session.state?.doc)).toBe("taken");
  });

  it("keeps what was typed when the engine dies before it was on disk", () => {
    const engine = new FakeEngine(docOf("start"));
    const { session, pump } = openAt(engine);
    pump();
    type(session, " one");
    pump();
    engine.save();
    pump();
    type(session, " two");
    pump();
    type(session, " three");
    engine.die();
    expect(textOf(engine.doc)).toBe("start one");
    pump();
    expect(textOf(engine.doc)).toBe("start one two three");
    expect(session.state?.doc.eq(engine.doc)).toBe(true);
    engine.save();
    vi.advanceTimersByTime(statusAfterMsMax);
  });

  it("sends nothing again that came with others' words from elsewhere, though the disk never had it", () => {
    const engine = new FakeEngine(docOf("start"));
    const { session, pump } = openAt(engine);
    pump();
    type(session, " one");
    pump();
    engine.write();
    engine.remote((tr) => tr.insert(1, schema.text("X")));
    while (pump());
    type(session, " two");
    pump();
    engine.keep((tr) => tr.insert(6, schema.text(" Y")));
    engine.die();
    while (pump());
    expect(textOf(engine.doc)).toBe("start Y one two");
    expect(session.state?.doc.eq(engine.doc)).toBe(true);
  });

  it("sends what a window that died with the engine was shown to have typed, and nothing of one that lives", () => {
    const engine = new FakeEngine(docOf("start"));
    const [here, lives, dies] = [openAt(engine), openAt(engine), openAt(engine)];
    const all = (): void => {
      for (let moved = true; moved;) moved = [here, lives, dies].map(({ pump }) => pump()).includes(true);
    };
    all();
    type(dies.session, " one");
    all();
    type(lives.session, " two");
    all();
    dies.session.stop();
    all();
    engine.die();
    all();
    expect(textOf(engine.doc)).toMatch(/^start one( one)? two$/);
    expect(here.session.state?.doc.eq(engine.doc)).toBe(true);
  });

  it("deletes after the engine's death what it meant, not what others wrote there", () => {
    const engine = new FakeEngine(docOf("one two three"));
    const { session, pump } = openAt(engine);
    pump();
    const { state } = session;
    if (!state) throw new Error("nothing is shown");
    session.dispatch(state.tr.delete(5, 9));
    while (pump());
    engine.disk = docOf("one", "others' words", "three");
    engine.die();
    while (pump());
    expect(textOf(engine.doc)).toBe("one\nothers' words\nthree");
  });

  it("is not safe to close before its title is on the disk", () => {
    const engine = new FakeEngine(docOf("a"));
    const { session, pump } = openAt(engine);
    while (pump());
    engine.save();
    while (pump());
    expect(session.isSafe).toBe(true);
    session.title.input("A title");
    while (pump());
    engine.say("saving");
    while (pump());
    expect([session.settled, session.facts.isOld, session.isSafe]).toEqual([true, false, false]);
    engine.save();
    while (pump());
    expect(session.isSafe).toBe(true);
  });

  it("sends another engine what it did to the title itself, and what was typed while that was being started", () => {
    const engine = new FakeEngine(docOf("a"));
    engine.title = "old";
    const { connection, pump } = engine.connect();
    const sent: string[][] = [];
    const session = new Session({
      connection: {
        ...connection,
        send: (message) => {
          if (message.type === "title") sent.push([message.base, message.value]);
          connection.send(message);
        },
      },
      document: documentId,
      clientId: "a",
      shown: null,
      mayWrite: () => true,
      plugins: () => [],
      viewProps: {},
    });
    sessions.push(session);
    const other = openAt(engine);
    while (pump() || other.pump());
    session.title.input("ol");
    while (pump() || other.pump());
    vi.advanceTimersByTime(titleQuietMs);
    other.session.title.input("ol by another");
    while (other.pump() || pump());
    expect(session.title.value).toBe("ol by another");
    engine.die();
    engine.title = "old";
    session.title.input("oil by another");
    expect(session.settled).toBe(false);
    pump();
    expect(sent.slice(1)).toEqual([
      ["old", "ol"],
      ["ol by another", "oil by another"],
    ]);
    vi.advanceTimersByTime(statusAfterMsMax);
  });

  it("takes a flush for a save of what was there when it asked, and of nothing later", async () => {
    const engine = new FakeEngine(docOf("start"));
    const { connection, pump } = engine.connect();
    const flushed: (() => void)[] = [];
    const session = new Session({
      connection: {
        ...connection,
        ask: () =>
          new Promise((resolve) => {
            flushed.push(() => resolve({ type: "flushed", request: 1 }));
          }),
      },
      document: documentId,
      clientId: "a",
      shown: null,
      mayWrite: () => true,
      plugins: () => [],
      viewProps: {},
    });
    sessions.push(session);
    const move = (): void => {
      vi.advanceTimersByTime(0);
      while (pump()) vi.advanceTimersByTime(0);
    };
    move();
    type(session, " one");
    move();
    engine.disk = engine.doc;
    vi.advanceTimersByTime(statusAfterMsMax);
    type(session, " two");
    move();
    expect(flushed).toHaveLength(1);
    for (const answer of flushed) answer();
    await Promise.resolve();
    await Promise.resolve();
    expect(session.facts.here).toBe(null);
    engine.die();
    move();
    expect(textOf(engine.doc)).toBe("start one two");
    vi.advanceTimersByTime(statusAfterMsMax);
  });

  it("is left unharmed by steps that do not fit", () => {
    const engine = new FakeEngine(docOf("abc"));
    const { connection, pump } = engine.connect();
    let deliver: (message: never) => void = () => {};
    const session = new Session({
      connection: {
        ...connection,
        subscribe: (listener) => {
          deliver = listener as typeof deliver;
          return connection.subscribe(listener);
        },
      },
      document: documentId,
      clientId: "a",
      shown: null,
      mayWrite: () => true,
      plugins: () => [],
      viewProps: {},
    });
    sessions.push(session);
    pump();
    type(session, "d");
    const gap = { type: "steps", document: documentId, version: 7, steps: [], clientIds: [] };
    const nonsense = {
      ...gap,
      version: 0,
      steps: [{ stepType: "replace", from: 90, to: 99 }],
      clientIds: ["x"],
    };
    for (const message of [gap, nonsense]) deliver(message as never);
    pump();
    expect(textOf(engine.doc)).toBe("abcd");
    expect(session.progress.state).toBe("open");
  });
});

type Deaths = "none" | "any time" | "between messages";

/** Two windows, a relay, disks and deaths in any order: in the end all see one document. */
function run(
  seed: number,
  deaths: Deaths,
): { engine: FakeEngine; docs: (Node | undefined)[]; typed: string[] } {
  const random = new Random(seed);
  const engine = new FakeEngine(docOf("alpha", "beta", "gamma"));
  const windows = [openAt(engine), openAt(engine, docOf("alpha", "beta"))];
  const typed: string[] = [];
  const all = (): void => {
    for (let moved = true; moved;) moved = windows.map(({ pump }) => pump()).includes(true);
  };
  for (const { pump } of windows) pump();
  for (let i = 0; i < 40; i++) {
    const window = random.pick(windows);
    const { state } = window.session;
    const dice = random.below(deaths === "none" ? 11 : 12);
    if (dice < 5 && state) {
      const word = String.fromCharCode(0x4e00 + typed.length);
      typed.push(word);
      const places: number[] = [];
      state.doc.descendants((node, pos) => {
        if (node.isTextblock) places.push(pos + 1, pos + 1 + node.content.size);
      });
      type(window.session, word, random.pick(places));
    } else if (dice === 5 && state) {
      const $pos = state.doc.resolve(1 + random.below(state.doc.content.size - 1));
      if ($pos.parent.isTextblock) window.session.dispatch(state.tr.split($pos.start()));
    } else if (dice < 8) window.pump(1 + random.below(3));
    else if (dice === 8) engine.remote((tr) => tr.insert(1, schema.text("R")));
    else if (dice === 9) engine.save();
    else if (dice === 10) vi.advanceTimersByTime(1000);
    else {
      if (deaths === "between messages") all();
      engine.die();
    }
    // What is written may get to the disk, or to the relay and back, with no word of it, and others' words beside it.
    if (deaths === "between messages" && random.below(8) === 0) engine.write();
    if (deaths === "between messages" && random.below(8) === 0)
      engine.keep((tr) => random.below(2) === 0 && tr.insert(1, schema.text("K")));
  }
  all();
  return { engine, docs: windows.map(({ session }) => session.state?.doc), typed };
}

describe("sessions under chance", () => {
  it.each<[string, Deaths]>([
    ["without deaths", "none"],
    ["with deaths of the engine while messages are under way", "any time"],
    ["with deaths of the engine", "between messages"],
  ])("%s: all equal, every word there once", (_name, deaths) => {
    for (let seed = 1; seed <= 300; seed++) {
      const { engine, docs, typed } = run(seed, deaths);
      const text = textOf(engine.doc);
      for (const doc of docs)
        expect(doc?.eq(engine.doc), `seed ${seed}: ${textOf(doc)} / ${text}`).toBe(true);
      for (const word of typed) {
        const times = text.split(word).length - 1;
        // In doubt a word is there twice rather than not at all.
        const timesMax = deaths === "any time" ? Infinity : 1;
        expect(times >= 1 && times <= timesMax, `seed ${seed}: ${word} is ${times} times in ${text}`).toBe(
          true,
        );
      }
      for (const session of sessions.splice(0)) session.stop();
    }
  });
});
