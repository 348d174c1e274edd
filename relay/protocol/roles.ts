/**
 * What members of a workspace may do. Each role may do all that those before it may:
 *
 *   viewer     reads
 *   commenter  writes comments, which are documents of their own, and nothing else
 *   editor     writes
 *   owner      says who else may do what
 */
export const roles = ["viewer", "commenter", "editor", "owner"] as const;
export type Role = (typeof roles)[number];

/** What is left of a role in one document that was narrowed; `none` is as if the document were not there. */
export const shares = ["none", "viewer", "commenter", "editor"] as const;
export type Share = (typeof shares)[number];

const rank: Readonly<Record<Role | Share, number>> = {
  none: 0,
  viewer: 1,
  commenter: 2,
  editor: 3,
  owner: 4,
};

export const isAtLeast = (role: Role | Share, wanted: Role | Share): boolean => rank[role] >= rank[wanted];

export function lesser<A extends Role | Share, B extends Role | Share>(a: A, b: B): A | B {
  return rank[a] <= rank[b] ? a : b;
}
