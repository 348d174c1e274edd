/** The versions both ends speak. `protocolVersion` is automerge-repo's; `deckleVersion` is that of our additions. */

export const protocolVersion = "1";
export const deckleVersion = 1;
