/**
 * Which workspace a command is about: the only one, or the one that `--workspace` names, by its id, the beginning of it,
 * its name, or `default`.
 */
import type { z } from "zod";
import { listed, people, type Answered, type listedWorkspace, type People } from "./answers.ts";
import { readOffline, type Call, type ExitCode, type Offline } from "./command.ts";
import type { OtherFlags } from "../config/flags.ts";
import type { Key } from "../config/settings.ts";
import { withRelay, type Ask } from "./relay-at.ts";

export type ListedWorkspace = z.infer<typeof listedWorkspace>;
export type Listed = z.infer<typeof listed>;

/** What goes with a request that is about it. */
export type Target = { readonly workspace?: string };

export interface OnWorkspace {
  readonly ask: Ask;
  readonly offline: Offline;
  readonly workspace: ListedWorkspace;
  readonly target: Target;
  readonly relay: Listed;
  /** Words for the operator. */
  readonly fail: (reason: string) => ExitCode;
}

/** Runs a command on one workspace; what must be changed was said. */
export async function onWorkspace(
  call: Call,
  words: {
    readonly operands?: readonly string[];
    readonly others?: OtherFlags;
    readonly taken?: readonly Key[];
  },
  use: (on: OnWorkspace) => Promise<ExitCode>,
): Promise<ExitCode> {
  const { operands = [], others = {}, taken } = words;
  const offline = readOffline(call, operands, { ...others, workspace: false }, taken);
  if (!offline) return 2;
  return withRelay(call, offline.data, async (ask) => {
    const fail = (reason: string): ExitCode => {
      call.err(`${reason}\n`);
      return 1;
    };
    const relay = await ask({ command: "workspaces" }, listed);
    if (!relay.ok) return fail(relay.reason);
    const picked = pick(relay.value.workspaces, offline.others.get("workspace"));
    if (!picked.ok) return fail(picked.reason);
    const workspace = picked.value;
    return use({ ask, offline, workspace, target: targetOf(workspace), relay: relay.value, fail });
  });
}

export const targetOf = ({ id, isDefault }: ListedWorkspace): Target =>
  isDefault || id === undefined ? {} : { workspace: id };

/** `named` absent is the only one there is. */
export function pick(
  workspaces: readonly ListedWorkspace[],
  named: string | undefined,
): Answered<ListedWorkspace> {
  const [only] = workspaces;
  if (named === undefined)
    return only && workspaces.length === 1
      ? { ok: true, value: only }
      : {
          ok: false,
          reason: `there are several workspaces: name one with --workspace\n${linesOf(workspaces)}`,
        };
  const exact = workspaces.filter(({ id, isDefault }) => id === named || (isDefault && named === "default"));
  const byName = workspaces.filter(({ name }) => name === named);
  const byBeginning = workspaces.filter(({ id }) => id?.startsWith(named));
  const found = [exact, byName, byBeginning].find((each) => each.length > 0) ?? [];
  const [first] = found;
  if (first && found.length === 1) return { ok: true, value: first };
  const why = first ? "means several workspaces" : "is no workspace";
  return { ok: false, reason: `${JSON.stringify(named)} ${why}: these are there\n${linesOf(workspaces)}` };
}

const linesOf = (workspaces: readonly ListedWorkspace[]): string =>
  workspaces
    .map(({ id = "unknown", name, isDefault }) => `  ${id}  ${name}${isDefault ? " (default)" : ""}`)
    .join("\n");

export const peopleOf = ({ ask, target }: OnWorkspace): Promise<Answered<People>> =>
  ask({ command: "people", ...target }, people);
