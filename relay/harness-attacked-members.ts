/**
 * For tests only: a relay process under attack that lets in members only (`harness-attacked.ts`), with its first
 * owner and an innocent pair of editors, each a stock client with a ticket and an actor of its own device.
 */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import * as A from "@automerge/automerge";
import type { DocHandle, DocumentId } from "@automerge/automerge-repo";
import { idOfSecret, TestDevice } from "./harness-access.ts";
import { Attacked } from "./harness-attacked.ts";
import { Visitor } from "./harness-join.ts";
import type { Said } from "./harness-members.ts";
import { cliFile, find, until, type Content, type RelayProcess, type Stage } from "./harness.ts";
import type { RelayOptions } from "./main.ts";
import type { PeopleMessage } from "./protocol/access-messages.ts";
import { parseInviteLink, type InviteLink } from "./protocol/invite-link.ts";
import type { Role } from "./protocol/roles.ts";
import { makeDocumentId } from "./store/documentId.ts";

const minuteMs = 60_000;

export class AttackedMembers {
  readonly attacked: Attacked;
  readonly owner: Visitor;
  readonly #data: string;
  #invites = 0;

  private constructor(attacked: Attacked, owner: Visitor, data: string) {
    this.attacked = attacked;
    this.owner = owner;
    this.#data = data;
  }

  static async start(stage: Stage, times: RelayOptions["times"] = {}): Promise<AttackedMembers> {
    const data = stage.folder();
    const made: { owner?: Visitor } = {};
    const attacked = await Attacked.startWith(stage, { data, times, members: true }, async (relay) => {
      await until("the owner is invited", () => linkIn(relay.stderr) !== undefined);
      const owner = await joined(relay, linkIn(relay.stderr));
      made.owner = owner;
      const member = async (name: string): Promise<Visitor> => {
        const secret = `innocent ${name}`;
        await invited(owner, secret, "editor");
        return taken(relay, owner, secret, name);
      };
      const [one, other] = [await member("one"), await member("other")];
      return pairOf(stage, relay, one, other);
    });
    if (!made.owner) throw new Error("nobody owns it");
    return new AttackedMembers(attacked, made.owner, data);
  }

  get url(): string {
    return this.attacked.url;
  }
  get workspace(): string {
    return this.owner.workspace;
  }

  /** A device that is nobody. */
  stranger(workspace = this.workspace): Visitor {
    return visitor(this.attacked.relay, this.owner.origin, workspace);
  }

  /** The secret of a new invite, by the owner if nobody else is named. */
  async invite(role: Role, { by = this.owner, uses = 1, lastsMs = minuteMs } = {}): Promise<string> {
    const secret = `invite ${++this.#invites}`;
    await invited(by, secret, role, { uses, lastsMs });
    return secret;
  }

  async member(role: Role, by = this.owner): Promise<Visitor> {
    return taken(this.attacked.relay, by, await this.invite(role, { by }), role);
  }

  async people(): Promise<PeopleMessage> {
    return (await this.owner.manage("people", {})).body as PeopleMessage;
  }
  /** "" where the device is none of a member. */
  async memberOf({ device }: Visitor): Promise<string> {
    return (await this.people()).devices.find(({ id }) => id === device.id)?.member ?? "";
  }

  /** One more workspace, made at the command line; the visitor owns it. */
  async anotherWorkspace(name: string, device = new TestDevice()): Promise<Visitor> {
    const words = [cliFile, "workspaces", "add", name, "--data", this.#data];
    const { stdout } = await promisify(execFile)(process.execPath, words);
    return joined(this.attacked.relay, linkIn(stdout), device);
  }
}

function linkIn(text: string): InviteLink | undefined {
  const [, link] = /(deckle:\/\/join\S+)\n/.exec(text) ?? [];
  return link === undefined ? undefined : parseInviteLink(link);
}

const visitor = (relay: RelayProcess, origin: string, workspace: string, device?: TestDevice): Visitor =>
  new Visitor(relay, { origin, workspace }, device);

async function joined(
  relay: RelayProcess,
  link: InviteLink | undefined,
  device?: TestDevice,
): Promise<Visitor> {
  if (!link) throw new Error("there is no link");
  const owner = visitor(relay, new URL(link.relay).origin, link.workspace, device);
  if ((await owner.accept(link.secret, "owner")) !== 200) throw new Error("the owner was not let in");
  return owner;
}

export function invited(
  by: Visitor,
  secret: string,
  role: Role,
  { uses = 1, lastsMs = minuteMs } = {},
): Promise<Said> {
  return by.manage("invite", { id: idOfSecret(secret), role, uses, lastsMs });
}

async function taken(relay: RelayProcess, by: Visitor, secret: string, name: string): Promise<Visitor> {
  const member = visitor(relay, by.origin, by.workspace);
  if ((await member.accept(secret, name)) !== 200) throw new Error(`${name} was not let in`);
  return member;
}

async function pairOf(
  stage: Stage,
  { url }: RelayProcess,
  one: Visitor,
  other: Visitor,
): Promise<[DocHandle<Content>, DocHandle<Content>]> {
  const [mineRepo, theirRepo] = [
    stage.repo(`${url}?ticket=${await one.ticket()}`),
    stage.repo(`${url}?ticket=${await other.ticket()}`),
  ];
  const bytes = A.save(A.from<Content>({ edits: 0 }, { actor: actorOf(one) }));
  const mine = mineRepo.import<Content>(bytes, { docId: makeDocumentId() as DocumentId });
  const theirs = await find(theirRepo, mine.url);
  mine.update((doc) => A.clone(doc, { actor: actorOf(one) }));
  theirs.update((doc) => A.clone(doc, { actor: actorOf(other) }));
  return [mine, theirs];
}

const actorOf = ({ device }: Visitor): string => device.id.slice(0, 16) + "1".repeat(16);
