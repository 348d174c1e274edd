/**
 * Where this profile is, what it may do there, and how it gets elsewhere. Whatever turns reloads the window, so
 * everything typed is made durable first.
 */
import type { Bridge, Configuration, Failure, Place } from "../../../electron/ipc.ts";
import type { Access } from "../../engine/port.ts";
import { accessOf } from "../access/access.ts";
import { Store } from "../store.ts";

type Effects = {
  bridge: Pick<
    Bridge,
    "turnTo" | "readInvite" | "acceptInvite" | "forgetWorkspace" | "setRelay" | "noteRole"
  >;
  /** Makes everything typed durable. @returns null, or in words why it is not */
  settle(): Promise<string | null>;
  /** Lists a workspace's documents in the private one, as far as they are here. @returns null, or in words why not */
  takeBack(workspace: string): Promise<string | null>;
};

export type Invite = Exclude<Awaited<ReturnType<Bridge["readInvite"]>>, Failure>;
export type Joining = Parameters<Bridge["acceptInvite"]>[0];

export class Places {
  readonly configuration = new Store<Configuration | null>(null);
  readonly access = new Store<Access>({ kind: "free" });
  #effects: Effects;

  constructor(effects: Effects) {
    this.#effects = effects;
  }

  configured(configuration: Configuration): void {
    this.configuration.set(configuration);
    this.access.set(accessOf(configuration.place));
  }

  /** The engine says what the relay said. */
  receive(access: Access): void {
    this.access.set(access);
    const configuration = this.configuration.get();
    if (!configuration || access.kind !== "member" || access.role === "revoked") return;
    const { place } = configuration;
    if (place.kind !== "workspace" || place.role === access.role) return;
    const now: Place = { ...place, role: access.role };
    const workspaces = configuration.workspaces.map((joined) =>
      joined.workspace === place.workspace ? { ...joined, role: now.role } : joined,
    );
    this.configuration.set({ ...configuration, place: now, workspaces });
    void this.#effects.bridge.noteRole(place.workspace, access.role);
  }

  /** @returns null when main is about to reload the window, or in words why not */
  turnTo(id: string): Promise<string | null> {
    return this.#reloading("This window would reload, and so it stays where it is", (bridge) =>
      bridge.turnTo(id),
    );
  }

  setRelay(url: string | null): Promise<string | null> {
    return this.#reloading("The relay was not changed, for this window would reload", (bridge) =>
      bridge.setRelay(url),
    );
  }

  readInvite(link: string): Promise<Invite | Failure> {
    return this.#effects.bridge.readInvite(link);
  }

  join(joining: Joining): Promise<string | null> {
    return this.#reloading("Nothing was joined, for this window would reload", (bridge) =>
      bridge.acceptInvite(joining),
    );
  }

  /** Its documents stay, as private ones. @returns null, or in words why it is still on the list */
  async forget(workspace: string): Promise<string | null> {
    const configuration = this.configuration.get();
    const problem = (await this.#effects.settle()) ?? (await this.#effects.takeBack(workspace));
    if (problem !== null) return `The workspace was not taken off the list: ${problem}`;
    const answer = await this.#effects.bridge.forgetWorkspace(workspace);
    if (!answer.ok) return answer.message;
    if (configuration)
      this.configuration.set({
        ...configuration,
        workspaces: configuration.workspaces.filter((joined) => joined.workspace !== workspace),
      });
    return null;
  }

  async #reloading(
    instead: string,
    call: (bridge: Effects["bridge"]) => Promise<{ ok: true } | Failure>,
  ): Promise<string | null> {
    const unsaved = await this.#effects.settle();
    if (unsaved) return `${instead}: ${unsaved}`;
    const answer = await call(this.#effects.bridge);
    return answer.ok ? null : answer.message;
  }
}
