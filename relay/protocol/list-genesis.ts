/**
 * The first change of every workspace's list document, which each device makes for itself from the same bytes
 * (`renderer/engine/workspace.ts`). It is nobody's, so a relay takes it from everybody who may write: its hash says
 * all that is in it.
 */
export const listGenesisHash = "a201ee8e18181746cf83d017c08b622d1789cd4967b1504a9aa37e2128d14adb";
