/** Why a decision about access was not carried out, in words. */
import { inviteMsMax, inviteUsesMax, invitesMax } from "../protocol/limits.ts";

const words: Readonly<Record<string, string>> = {
  forbidden: "there is nobody and nothing of this id any more, or the role is not theirs",
  "invite-invalid": "the invite is of no use any more",
  "already-member": "they are a member already",
  "last-owner": "there would be no owner left",
  "too-many": `there may be ${invitesMax} invites in a workspace, each for ${inviteUsesMax} people and ${inviteMsMax / 86_400_000} days: withdraw some with \`deckle-relay revoke\``,
  unavailable: "who may do what could not be written: look at the log, and run `deckle-relay verify`",
};

export const refusalWords = (refusal: string): string => words[refusal] ?? refusal;
