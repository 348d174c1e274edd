/**
 * Shuts what the app does not use: permissions, navigation, new windows, webviews, downloads, and every request
 * that is not to the app itself or its relay. The decisions are in policy/; here they are only asked.
 */
import { app, type Session } from "electron";
import { requestAllowed } from "../policy/navigation.ts";
import { permissionAllowed } from "../policy/permissions.ts";
import type { Relay } from "../policy/relay-url.ts";

/** `relay` is asked at every decision: it may change while the app runs. */
export function guardSession(session: Session, relay: () => Relay | null): void {
  const allowed = (permission: string, origin: string): boolean =>
    permissionAllowed(permission, { origin, relayIsLocal: relay()?.isLocal ?? false });

  session.setPermissionRequestHandler((contents, permission, answer, { requestingUrl }) => {
    // An iframe asks in its own name, so both have to be ours.
    const origin = originOf(requestingUrl);
    answer(originOf(contents.getURL()) === origin && allowed(permission, origin));
  });
  session.setPermissionCheckHandler((_, permission, origin) => allowed(permission, origin));
  session.setDevicePermissionHandler(() => false);
  session.setDisplayMediaRequestHandler((_, answer) => answer({}));
  // Files are saved through main (`save-file.ts`), and by nothing that a page does by itself.
  session.on("will-download", (event) => event.preventDefault());
  session.webRequest.onBeforeRequest(({ url }, answer) => {
    answer({ cancel: !requestAllowed(url, relay()?.origin ?? null) });
  });
}

/** Of every page that ever comes to be, whoever made it. */
export function guardContents(): void {
  app.on("web-contents-created", (_, contents) => {
    // Only what a page or a person in it starts comes here; main's own loadURL does not.
    contents.on("will-navigate", (event) => event.preventDefault());
    contents.on("will-frame-navigate", (event) => event.preventDefault());
    contents.on("will-redirect", (event) => event.preventDefault());
    contents.on("will-attach-webview", (event) => event.preventDefault());
    contents.setWindowOpenHandler(() => ({ action: "deny" }));
  });
}

function originOf(url: string): string {
  const parsed = new URL(url);
  // Node gives schemes it does not know the origin "null".
  return `${parsed.protocol}//${parsed.host}`;
}
