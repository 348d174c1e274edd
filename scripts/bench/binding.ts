/**
 * `bench binding`: what it costs to keep a ProseMirror document and its CRDT the same, Deckle beside
 * y-prosemirror with Yjs, the same text and the same edits, in turns in one process. At the end,
 * opening a document with a long history (`load.ts`).
 *
 * Counted on both sides: one `EditorState.apply` an edit, and everything from there into the CRDT, or
 * from a received change to the state that shows it. Not counted on either: making the transaction,
 * the DOM, disk and network. Ours has two processes in the app; here they are one, their JSON counted.
 *
 * Ratios here are of medians (`ratioP95`: of the 95th percentiles).
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Random } from "../../renderer/document/random.ts";
import { useAutomerge } from "../automerge.ts";
import { Deckle, deckleBytes } from "./binding/deckle.ts";
import type { Local, Remote } from "./binding/deckle.ts";
import { placeBetween, placeInText, stretch } from "./binding/edits.ts";
import type { Edit } from "./binding/edits.ts";
import { paragraphs, paragraphUnits } from "./binding/text.ts";
import { Yjs, yjsBytes } from "./binding/yjs.ts";
import { hasTrace, paperName } from "../traces.ts";
import { load } from "./load.ts";
import { figures, machine, percentile } from "./report.ts";
import type { Report, Row } from "./report.ts";

const sizes = [
  { size: "1 kB", units: 1_000 },
  { size: "50 kB", units: 50_000 },
  { size: "500 kB", units: 500_000 },
];
const samplesOf = { keystroke: 200, coalesced: 60, other: 100, batch: 30 };
const warmUp = 30;
/** Before all: everything once in a document that is not measured, or the first size would pay for the compiler. */
const warmUpUnits = 5_000;
/** Typing for a second, which is one change where nobody else is on the document. */
const keysPerChange = 10;
const batchEdits = 100;
/** Garbage is collected, outside all measured time, before every so many samples. */
const samplesPerCollection = 20;

const ours = "Deckle";
const theirs = "y-prosemirror";

type Samples = { ours: number[]; theirs: number[] };
type Parts<Part extends string> = Record<Part, number[]>;

export async function binding(): Promise<Report> {
  await useAutomerge();
  const rows: Row[] = [];
  const own: { operation: string; size: string; median: number }[] = [];
  const notes = [
    `paragraphs of ${paragraphUnits.least}–${paragraphUnits.most} characters, lengths evenly spread; half of the edits around the middle, half anywhere`,
    "ratio: of medians, ratioP95: of 95th percentiles; both sides count one EditorState.apply an edit",
    "y-prosemirror runs its real ySyncPlugin on a view without a DOM (binding/yjs.ts)",
  ];
  new Measured("warm-up", warmUpUnits).run();
  for (const { size, units } of sizes) {
    const measured = new Measured(size, units);
    measured.run();
    rows.push(...measured.rows);
    own.push(...measured.own);
    notes.push(measured.note);
  }
  rows.push(...flatness(own));
  if (hasTrace(paperName)) rows.push(...(await load()));
  else notes.push(`loading a long history was not measured: the trace ${paperName} is not here`);
  return { name: "binding", machine: machine(), rows, notes };
}

/** What ours costs without Automerge in the largest document, by what it costs in the smallest. */
function flatness(own: readonly { operation: string; size: string; median: number }[]): Row[] {
  const [least, most] = [sizes[0]?.size, sizes.at(-1)?.size];
  return own
    .filter(({ size }) => size === most)
    .map(({ operation, median }) => {
      const small =
        own.find((one) => one.size === least && one.operation === operation)?.median ?? Number.NaN;
      const ratio = Math.round((median / small) * 100) / 100;
      return {
        name: `${ours} without Automerge`,
        operation: `${operation}: flatness`,
        size: `${most} ÷ ${least}`,
        unit: "ratio",
        median: ratio,
        p95: ratio,
      };
    });
}

class Measured {
  readonly rows: Row[] = [];
  readonly own: { operation: string; size: string; median: number }[] = [];
  private readonly size: string;
  private readonly random = new Random(20_261_122);
  private readonly deckle: Deckle;
  private readonly yjs: Yjs;
  private readonly deckleFile: Uint8Array;
  private readonly yjsFile: Uint8Array;
  private turn = 0;
  private readonly count: string;

  constructor(size: string, units: number) {
    this.size = size;
    const texts = paragraphs(units, this.random);
    this.count = `${texts.length} paragraphs, ${texts.reduce((sum, text) => sum + text.length, 0)} characters`;
    this.deckleFile = deckleBytes(texts);
    this.yjsFile = yjsBytes(texts);
    this.deckle = new Deckle(this.deckleFile);
    this.yjs = new Yjs(this.yjsFile);
  }

  get note(): string {
    const { patches, afresh } = this.deckle.followed;
    return `${this.size}: ${this.count}; remote changes followed by patches ${patches} times, rendered afresh ${afresh} times`;
  }

  run(): void {
    this.keystrokes();
    this.enterAndJoin();
    this.bold();
    this.check();
    this.remotes();
    this.check();
  }

  // Local.

  private keystrokes(): void {
    const key = (): Edit[] => [{ type: "insert", at: this.place(), text: this.letter() }];
    const typing = (): Edit[] => {
      const at = this.place();
      return Array.from({ length: keysPerChange }, (_, i) => ({
        type: "insert",
        at: at + i,
        text: this.letter(),
      }));
    };
    const each = new LocalSamples();
    const coalesced = new LocalSamples();
    for (let i = -warmUp; i < samplesOf.keystroke; i++) this.local(key(), i < 0 ? null : each, 1);
    for (let i = -warmUp; i < samplesOf.coalesced; i++)
      this.local(typing(), i < 0 ? null : coalesced, keysPerChange);
    this.addLocal("local keystroke, a change each", each);
    this.addLocal(`local keystroke, ${keysPerChange} a change`, coalesced);
  }

  /** In turns, so that the document keeps its number of paragraphs; the join is at another place. */
  private enterAndJoin(): void {
    const enter = new LocalSamples();
    const join = new LocalSamples();
    for (let i = -warmUp; i < samplesOf.other; i++) {
      this.local([{ type: "split", at: this.place() }], i < 0 ? null : enter, 1);
      this.local([{ type: "join", at: placeBetween(this.deckle.doc, this.random) }], i < 0 ? null : join, 1);
    }
    this.addLocal("local Enter", enter);
    this.addLocal("local Backspace that joins", join);
  }

  private bold(): void {
    const toggle = new LocalSamples();
    for (let i = -warmUp; i < samplesOf.other; i++) {
      const range = stretch(this.deckle.doc, this.random);
      this.local([{ type: "bold", ...range, on: true }], i < 0 ? null : toggle, 1);
      this.local([{ type: "bold", ...range, on: false }], i < 0 ? null : toggle, 1);
    }
    this.addLocal("local bold toggle", toggle);
  }

  private local(edits: readonly Edit[], into: LocalSamples | null, per: number): void {
    this.alternate(
      () => {
        const spent = this.deckle.local(edits);
        into?.add(spent, per);
      },
      () => {
        const spent = this.yjs.local(edits);
        into?.theirs.push(spent / per);
      },
    );
  }

  private addLocal(operation: string, samples: LocalSamples): void {
    this.compare(operation, samples);
    this.part(operation, samples.own, "without Automerge", true);
    for (const [part, list] of Object.entries(samples.parts)) this.part(operation, list, part, false);
  }

  // Remote.

  private remotes(): void {
    // Another device of each, opened from the same file; what was written here meanwhile goes to it first.
    const far = { deckle: new Deckle(this.deckleFile), yjs: new Yjs(this.yjsFile) };
    const levelled = this.deckle.changesSince(far.deckle.heads);
    far.deckle.remote(levelled.changes);
    let heads = levelled.heads;
    far.yjs.remote(this.yjs.takeUpdate());
    far.yjs.takeUpdate();

    const arrive = (edits: readonly Edit[], into: RemoteSamples | null): void => {
      for (const edit of edits) {
        far.deckle.local([edit]);
        far.yjs.local([edit]);
      }
      const sent = far.deckle.changesSince(heads);
      heads = sent.heads;
      const update = far.yjs.takeUpdate();
      this.alternate(
        () => {
          const spent = this.deckle.remote(sent.changes);
          into?.add(spent);
        },
        () => {
          const spent = this.yjs.remote(update);
          into?.theirs.push(spent);
        },
      );
    };
    const caret: Edit = { type: "insert", at: this.place(), text: "" };
    this.deckle.place(caret);
    this.yjs.place(caret);
    const character = new RemoteSamples();
    for (let i = -warmUp; i < samplesOf.other; i++)
      arrive([{ type: "insert", at: this.place(), text: this.letter() }], i < 0 ? null : character);
    const split = new RemoteSamples();
    for (let i = -warmUp; i < samplesOf.other; i++) {
      arrive([{ type: "split", at: this.place() }], i < 0 ? null : split);
      arrive([{ type: "join", at: placeBetween(this.deckle.doc, this.random) }], null);
    }
    const batch = new RemoteSamples();
    for (let i = -3; i < samplesOf.batch; i++) {
      // No edit of a batch makes the document shorter: every place that it had is still one.
      const edits = Array.from({ length: batchEdits }, (): Edit => ({
        type: "insert",
        at: this.place(),
        text: this.letter(),
      }));
      arrive(
        edits.sort((a, b) => ("at" in a && "at" in b ? b.at - a.at : 0)),
        i < 0 ? null : batch,
      );
    }
    this.addRemote("remote character", character);
    this.addRemote("remote split", split);
    this.addRemote(`batch of ${batchEdits} remote edits`, batch);
  }

  private addRemote(operation: string, samples: RemoteSamples): void {
    this.compare(operation, samples);
    this.part(operation, samples.own, "without Automerge", true);
    for (const [part, list] of Object.entries(samples.parts)) this.part(operation, list, part, false);
  }

  // Both.

  private place(): number {
    return placeInText(this.deckle.doc, this.random);
  }

  private letter(): string {
    return String.fromCharCode(97 + this.random.below(26));
  }

  /** Who goes first changes from sample to sample. */
  private alternate(one: () => void, other: () => void): void {
    if (this.turn % samplesPerCollection === 0) collectGarbage();
    const isFirst = this.turn++ % 2 === 0;
    (isFirst ? one : other)();
    (isFirst ? other : one)();
  }

  private compare(operation: string, samples: Samples): void {
    const ratio = percentile(samples.ours, 0.5) / percentile(samples.theirs, 0.5);
    const ratioP95 = percentile(samples.ours, 0.95) / percentile(samples.theirs, 0.95);
    const { size } = this;
    this.rows.push({
      name: ours,
      operation,
      size,
      unit: "ms",
      ...figures(samples.ours),
      peer: theirs,
      ratio: Math.round(ratio * 1000) / 1000,
      ratioP95: Math.round(ratioP95 * 1000) / 1000,
      rank: ratio <= 1 ? 1 : 2,
    });
    this.rows.push({
      name: theirs,
      operation,
      size,
      unit: "ms",
      ...figures(samples.theirs),
      rank: ratio <= 1 ? 2 : 1,
    });
  }

  private part(operation: string, samples: readonly number[], part: string, isOwn: boolean): void {
    const { size } = this;
    const row = {
      name: `${ours} ${isOwn ? part : `· ${part}`}`,
      operation,
      size,
      unit: "ms",
      ...figures(samples),
    };
    this.rows.push(row);
    if (isOwn) this.own.push({ operation, size, median: percentile(samples, 0.5) });
  }

  private check(): void {
    this.deckle.check();
    this.yjs.check();
    const [a, b] = [this.deckle.doc, this.yjs.doc];
    if (a.textBetween(0, a.content.size, "\n") !== b.textBetween(0, b.content.size, "\n"))
      throw new Error("the two sides hold different text: this is not a comparison");
  }
}

class LocalSamples implements Samples {
  readonly ours: number[] = [];
  readonly theirs: number[] = [];
  readonly own: number[] = [];
  readonly parts: Parts<string> = { window: [], receive: [], write: [], "automerge change": [] };

  add({ window, receive, write, automerge }: Local, per: number): void {
    this.ours.push((window + receive + write + automerge) / per);
    this.own.push((window + receive + write) / per);
    this.parts["window"]?.push(window / per);
    this.parts["receive"]?.push(receive / per);
    this.parts["write"]?.push(write / per);
    this.parts["automerge change"]?.push(automerge / per);
  }
}

class RemoteSamples implements Samples {
  readonly ours: number[] = [];
  readonly theirs: number[] = [];
  readonly own: number[] = [];
  readonly parts: Parts<string> = { "automerge apply": [], follow: [], window: [] };

  add({ automerge, follow, window }: Remote): void {
    this.ours.push(automerge + follow + window);
    this.own.push(follow + window);
    this.parts["automerge apply"]?.push(automerge);
    this.parts["follow"]?.push(follow);
    this.parts["window"]?.push(window);
  }
}

/** Node gives its collector to those who ask for it with a flag, also while it is running. */
const collectGarbage = ((): (() => void) => {
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc") as () => void;
})();
