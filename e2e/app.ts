/** What end-to-end tests start: the app and the relay, as real processes. */
export { launchApp, temporaryFolder, type RunningApp } from "../scripts/app-process.ts";
export { startRelay, type RelayProcess } from "../scripts/relay-process.ts";
