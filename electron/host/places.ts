/**
 * The places of a profile: its private workspace, its open relay, and the workspaces that it has joined;
 * where it is, and the settings that say so. What is turned to is on the disk before it counts.
 *
 * Windows turn after this, for they make durable first what was typed. One that cannot stays where it is, and
 * so does this.
 */
import type { Configuration, Failure, Joined } from "../ipc.ts";
import type { Role } from "../../relay/protocol/roles.ts";
import { joinedMax, leftMax } from "../policy/limits.ts";
import { standingIn, type Standing } from "../policy/place.ts";
import { parseRelayUrl, type Relay } from "../policy/relay-url.ts";
import { readSettings, writeSettings, type Settings } from "./settings.ts";

type Done = { readonly ok: true } | Failure;

export interface PlacesOptions {
  /** Of the settings. */
  readonly file: string;
  /** The open relay for this start, and where it begins, whatever the settings say: `--relay`. */
  readonly relayArgument: string | null;
  /** Turned to another place: what windows show is of the old one. */
  readonly onTurned: () => void;
}

/** What windows show while they are asked to turn. */
interface Shown {
  readonly current: string;
  readonly openRelay: string | null;
  readonly problem: string | null;
  /** As they were. */
  readonly settings: Settings;
}

export class Places {
  readonly #options: PlacesOptions;
  #settings: Settings;
  #openRelay: string | null;
  /** Where this process is: a workspace's id, `private` or `open`. */
  #current: string;
  #standing: Standing;
  #problem: string | null;
  /** Null once a window has come to where this is. */
  #shown: Shown | null = null;
  /** The last save: each builds on what the one before it left. */
  #saving: Promise<unknown> = Promise.resolve();

  static async open(options: PlacesOptions): Promise<Places> {
    const { settings, problem } = await readSettings(options.file);
    return new Places(options, settings, problem);
  }

  private constructor(options: PlacesOptions, settings: Settings, problem: string | null) {
    const { relayArgument } = options;
    this.#options = options;
    this.#settings = settings;
    this.#openRelay = relayArgument ?? settings.relay;
    this.#current = relayArgument === null ? (settings.current ?? "open") : "open";
    this.#standing = this.#find();
    this.#problem = this.#standing.problem ?? problem;
  }

  get settings(): Settings {
    return this.#settings;
  }
  /** Of the place that we are at: what windows may connect to. */
  get relay(): Relay | null {
    return this.#standing.relay;
  }
  /** The workspace that we are at, and its relay. */
  get workspace(): { readonly joined: Joined; readonly relay: Relay } | null {
    const { place, relay } = this.#standing;
    return place.kind === "workspace" && relay ? { joined: place, relay } : null;
  }
  get configuration(): Pick<Configuration, "place" | "workspaces" | "openRelay" | "relayProblem"> {
    return {
      place: this.#standing.place,
      workspaces: [...this.#workspaces],
      openRelay: this.#openRelay,
      relayProblem: this.#problem,
    };
  }
  joined(workspace: string): Joined | undefined {
    return this.#workspaces.find((each) => each.workspace === workspace);
  }
  /** Of a workspace that was joined, whether it was left since or not. */
  relayOf(workspace: string): string | undefined {
    const { left = [] } = this.#settings;
    return (this.joined(workspace) ?? left.find((each) => each.workspace === workspace))?.relay;
  }
  hasRoomFor(workspace: string): boolean {
    return this.joined(workspace) !== undefined || this.#workspaces.length < joinedMax;
  }

  /**
   * Changes the settings, on the disk first. What builds on what is kept is given as a function of it: another save may
   * be under way.
   */
  save(change: Partial<Settings> | ((kept: Settings) => Partial<Settings>)): Promise<Done> {
    return this.#save(typeof change === "function" ? change : () => change);
  }

  async setRelay(text: string | null): Promise<Done> {
    const parsed = text === null ? null : parseRelayUrl(text);
    if (parsed !== null && !parsed.ok) return { ok: false, code: "relay-refused", message: parsed.message };
    const relay = parsed?.relay.url ?? null;
    const current = relay === null ? "private" : "open";
    const shown = this.#nowShown;
    const saved = await this.save({ relay, current });
    if (!saved.ok) return saved;
    this.#openRelay = relay;
    return this.#turned(current, shown);
  }

  async turnTo(current: string): Promise<Done> {
    const refusal = this.#refusal(current);
    if (refusal) return refusal;
    const shown = this.#nowShown;
    const saved = await this.save({ current });
    return saved.ok ? this.#turned(current, shown) : saved;
  }

  /** Puts a workspace on the list, or its entry in the place of the old one, and turns there. */
  async join(joined: Joined, problem: string | null = null): Promise<Done> {
    const shown = this.#nowShown;
    const saved = await this.#save((settings) => ({
      workspaces: listedIn(settings, joined),
      current: joined.workspace,
    }));
    return saved.ok ? this.#turned(joined.workspace, shown, problem) : saved;
  }

  /**
   * What has come to be known of a joined workspace. Windows go on, and a disk that is full loses only this.
   */
  async note(workspace: string, known: Partial<Pick<Joined, "name" | "role">>): Promise<void> {
    const joined = this.joined(workspace);
    if (!joined) return;
    const next = { ...joined, ...known };
    if (next.name === joined.name && next.role === joined.role) return;
    await this.#save((settings) => ({ workspaces: listedIn(settings, next) }));
    this.#standing = this.#find();
  }

  /** As a window heard it that shows `workspace`. */
  async noteRole(workspace: string, role: Role): Promise<void> {
    if (this.workspace?.joined.workspace === workspace) await this.note(workspace, { role });
  }

  async forget(workspace: string): Promise<Done> {
    const shown = this.#nowShown;
    const saved = await this.#save((settings) => ({
      workspaces: (settings.workspaces ?? []).filter((each) => each.workspace !== workspace),
      left: leftIn(settings, workspace),
      ...(settings.current === workspace && { current: "private" }),
    }));
    return saved.ok && this.#current === workspace ? this.#turned("private", shown) : saved;
  }

  /** Where this profile knows of no relay, those that a backup knew of; and turns to where it was then. */
  async restore(backup: Settings): Promise<Done> {
    const { relay, workspaces = [], left, current } = backup;
    const isEmpty = this.#settings.relay === null && this.#workspaces.length === 0;
    if (!isEmpty || (relay === null && workspaces.length === 0)) return { ok: true };
    const shown = this.#nowShown;
    const saved = await this.save({
      relay,
      workspaces,
      ...(left && { left }),
      ...(current !== undefined && { current }),
    });
    if (!saved.ok || this.#options.relayArgument !== null) return saved;
    this.#openRelay = relay;
    return this.#turned(current ?? "open", shown);
  }

  /** A window has started and shows where this is. */
  arrived(): void {
    this.#shown = null;
  }

  /** A window does not turn, for it would lose what was typed: back to what it shows. */
  async stay(): Promise<void> {
    const shown = this.#shown;
    if (!shown) return;
    this.#shown = null;
    this.#openRelay = shown.openRelay;
    this.#problem = shown.problem;
    this.#current = shown.current;
    const { relay, current, workspaces = [] } = shown.settings;
    const forgotten = workspaces.find((each) => each.workspace === shown.current);
    await this.#save((settings) => ({
      relay,
      current,
      ...(forgotten && { workspaces: listedIn(settings, forgotten) }),
    }));
    this.#standing = this.#find();
  }

  /** Where several turns follow each other windows still show what they did before the first. */
  get #nowShown(): Shown {
    return (
      this.#shown ?? {
        current: this.#current,
        openRelay: this.#openRelay,
        problem: this.#problem,
        settings: this.#settings,
      }
    );
  }

  get #workspaces(): readonly Joined[] {
    return this.#settings.workspaces ?? [];
  }

  #refusal(current: string): Failure | undefined {
    if (current === "private") return undefined;
    const url = current === "open" ? this.#openRelay : this.joined(current)?.relay;
    if (url === null)
      return { ok: false, code: "no-relay", message: "There is no open relay. Set one in the settings." };
    if (url === undefined) {
      return {
        ok: false,
        code: "not-joined",
        message: "This workspace is not on the list of this device any more. Join it again with an invite.",
      };
    }
    const parsed = parseRelayUrl(url);
    return parsed.ok ? undefined : { ok: false, code: "relay-refused", message: parsed.message };
  }

  #find(): Standing {
    return standingIn({ relay: this.#openRelay, workspaces: this.#workspaces, current: this.#current });
  }

  #turned(current: string, shown: Shown, problem: string | null = null): { ok: true } {
    this.#shown = shown;
    this.#current = current;
    this.#standing = this.#find();
    this.#problem = problem ?? this.#standing.problem;
    this.#options.onTurned();
    return { ok: true };
  }

  #save(change: (settings: Settings) => Partial<Settings>): Promise<Done> {
    const saved = this.#saving.then(async (): Promise<Done> => {
      const next = { ...this.#settings, ...change(this.#settings) };
      const written = await writeSettings(this.#options.file, next);
      if (written.ok) this.#settings = next;
      return written;
    });
    this.#saving = saved;
    return saved;
  }
}

function listedIn({ workspaces = [] }: Settings, joined: Joined): Joined[] {
  const isNew = !workspaces.some(({ workspace }) => workspace === joined.workspace);
  if (isNew) return [...workspaces, joined];
  return workspaces.map((each) => (each.workspace === joined.workspace ? joined : each));
}

/** Those that were left, with one more; the newest of them. */
function leftIn({ workspaces = [], left = [] }: Settings, workspace: string): NonNullable<Settings["left"]> {
  const joined = workspaces.find((each) => each.workspace === workspace);
  if (!joined) return left;
  const others = left.filter((each) => each.workspace !== workspace);
  return [...others, { workspace, relay: joined.relay }].slice(-leftMax);
}
