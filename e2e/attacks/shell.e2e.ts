/** What a page that has been taken over could try on the shell around it. Each test is one attempt. */
import { createServer, type Server } from "node:http";
import { rm } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchApp, temporaryFolder, type RunningApp } from "../app.ts";

let dataDir: string;
let deckle: RunningApp;
/** Somebody else's server, which must never hear from the page. */
let stranger: Server;
let strangerUrl: string;
const heard: string[] = [];

beforeAll(async () => {
  dataDir = await temporaryFolder();
  stranger = createServer((request, response) => {
    heard.push(request.url ?? "");
    response.setHeader("Access-Control-Allow-Origin", "*").end("hello");
  });
  await new Promise<void>((resolve) => stranger.listen(0, "127.0.0.1", resolve));
  strangerUrl = `http://127.0.0.1:${(stranger.address() as AddressInfo).port}`;
  deckle = await launchApp({ dataDir, relay: "ws://127.0.0.1:9/sync" });
});

afterAll(async () => {
  await deckle.close();
  await new Promise((resolve) => stranger.close(resolve));
  await rm(dataDir, { recursive: true, force: true });
});

test.each(["/", "/index.html", "/engine.js"])(
  "the policy is on %s, and nothing keeps an older one",
  async (path) => {
    const headers = await deckle.page.evaluate(async (asked) => {
      const answer = await fetch(asked);
      return Object.fromEntries(answer.headers);
    }, path);
    expect(headers["content-security-policy"]).toContain("connect-src 'self' ws://127.0.0.1:9;");
    expect(headers["content-security-policy"]).toContain("require-trusted-types-for 'script'");
    expect(headers["x-content-type-options"]).toBe("nosniff");
    expect(headers["cache-control"]).toBe("no-store");
  },
);

test.each([
  "/manifest.json",
  "/../package.json",
  "/..%2fpackage.json",
  "/electron/main.cjs",
  "/%2e%2e/%2e%2e/etc/passwd",
])("a file that is not in the manifest is not served: %s", async (path) => {
  const status = await deckle.page.evaluate(
    async (asked) => (await fetch(asked)).status,
    `app://deckle${path}`,
  );
  expect(status).toBe(404);
});

test("text does not become code: eval, Function, and an inline script", async () => {
  const ran = await deckle.page.evaluate(async () => {
    // What the debugger itself runs is exempt from the policy; what comes after it is not.
    await new Promise((resolve) => setTimeout(resolve, 0));
    const tries = [
      () => (0, eval)("1"),
      () => new Function("return 1")(),
      () => (document.body.innerHTML = "<img src=x onerror='window.ran = 1'>"),
      () =>
        document.body.append(
          Object.assign(document.createElement("script"), { textContent: "window.ran = 1" }),
        ),
    ];
    const threw = tries.map((attempt) => {
      try {
        attempt();
        return false;
      } catch {
        return true;
      }
    });
    return { threw, ran: "ran" in window };
  });
  expect(ran).toEqual({ threw: [true, true, true, true], ran: false });
});

test("a worker cannot be made from text, nor a policy that would allow it", async () => {
  const outcomes = await deckle.page.evaluate(() => {
    const attempt = (act: () => unknown): string => {
      try {
        act();
        return "worked";
      } catch (error) {
        return error instanceof Error ? error.name : "threw";
      }
    };
    const blob = URL.createObjectURL(new Blob(["postMessage(1)"], { type: "text/javascript" }));
    const factory = (
      window as unknown as { trustedTypes: { createPolicy(name: string, rules: object): unknown } }
    ).trustedTypes;
    return [
      attempt(() => new Worker(blob)),
      attempt(() => factory.createPolicy("mine", { createScriptURL: String })),
    ];
  });
  expect(outcomes).toEqual(["TypeError", "TypeError"]);
});

test("no request leaves for anybody but the relay", async () => {
  const outcomes = await deckle.page.evaluate(async (url) => {
    const fetched = await fetch(url).then(
      () => "reached",
      () => "refused",
    );
    const image = await new Promise<string>((resolve) => {
      const element = new Image();
      element.addEventListener("load", () => resolve("reached"));
      element.addEventListener("error", () => resolve("refused"));
      element.src = `${url}/image.png`;
    });
    const socket = await new Promise<string>((resolve) => {
      try {
        const opened = new WebSocket(url.replace("http", "ws"));
        opened.addEventListener("open", () => resolve("reached"));
        opened.addEventListener("error", () => resolve("refused"));
      } catch {
        resolve("refused");
      }
    });
    return [fetched, image, socket];
  }, strangerUrl);
  expect(outcomes).toEqual(["refused", "refused", "refused"]);
  expect(heard).toEqual([]);
});

test("main refuses requests on its own, without the page's policy", async () => {
  const refused = await deckle.app.evaluate(async ({ session }, url) => {
    return session.defaultSession.fetch(url).then(
      () => false,
      () => true,
    );
  }, strangerUrl);
  expect(refused).toBe(true);
  expect(heard).toEqual([]);
});

test("window.open opens nothing", async () => {
  const opened = await deckle.page.evaluate((url) => window.open(url) !== null, strangerUrl);
  expect(opened).toBe(false);
  expect(deckle.app.windows()).toHaveLength(1);
});

test.each(["stranger", "app://deckle/engine.js", "data:text/html,<h1>hello</h1>", "file:///etc/passwd"])(
  "the window stays where it is when sent to %s",
  async (target) => {
    await deckle.page.evaluate(
      (url) => {
        const link = Object.assign(document.createElement("a"), { href: url });
        document.body.append(link);
        link.click();
        link.remove();
        location.assign(url);
      },
      target === "stranger" ? strangerUrl : target,
    );
    await deckle.page.waitForTimeout(200);
    expect(deckle.page.url()).toBe("app://deckle/");
    expect(heard).toEqual([]);
  },
);

test("permissions are refused", async () => {
  const states = await deckle.page.evaluate(async () => {
    const names = ["geolocation", "camera", "microphone", "notifications", "clipboard-read", "midi"];
    return Promise.all(
      names.map(async (name) => (await navigator.permissions.query({ name: name as PermissionName })).state),
    );
  });
  expect(states).not.toContain("granted");
  const media = await deckle.page.evaluate(() =>
    navigator.mediaDevices.getUserMedia({ audio: true }).then(
      () => "granted",
      () => "refused",
    ),
  );
  expect(media).toBe("refused");
});

test("nothing of Node or Electron is in the page", async () => {
  const found = await deckle.page.evaluate(() =>
    ["require", "process", "module", "Buffer", "global", "ipcRenderer", "electron"].filter(
      (name) => name in window,
    ),
  );
  expect(found).toEqual([]);
});

test("the bridge is the contract and nothing more", async () => {
  const names = await deckle.page.evaluate(() =>
    Object.keys((window as unknown as { deckle: object }).deckle),
  );
  expect(names.toSorted()).toEqual(
    [
      "acceptInvite",
      "backUpNow",
      "backupDocuments",
      "backups",
      "chooseMirror",
      "stopMirror",
      "mirrorState",
      "blobStates",
      "checkWords",
      "configuration",
      "exportText",
      "filesToImport",
      "forgetWorkspace",
      "invite",
      "keepOpen",
      "manage",
      "menuWord",
      "noteRole",
      "onNotice",
      "openLink",
      "paste",
      "people",
      "pickMarkdown",
      "readInvite",
      "readyToClose",
      "relayReached",
      "restoreBackup",
      "saveFile",
      "setOwnWord",
      "setPreference",
      "setRelay",
      "setShortcut",
      "setSpelling",
      "showDictionaries",
      "showFolder",
      "spelling",
      "spellingMenu",
      "storageFolders",
      "ticket",
      "turnTo",
    ].toSorted(),
  );
});

test("arguments that do not fit the contract are refused before anything is done", async () => {
  const outcomes = await deckle.page.evaluate(async () => {
    const { deckle: bridge } = window as unknown as {
      deckle: Record<string, (...words: unknown[]) => Promise<unknown>>;
    };
    const tries: (() => Promise<unknown> | undefined)[] = [
      () => bridge["openLink"]?.(7),
      () => bridge["openLink"]?.("https://example.org/".padEnd(9000, "x")),
      () => bridge["setRelay"]?.({ toString: "ws://127.0.0.1/" }),
      () => bridge["setRelay"]?.("ws://127.0.0.1/".padEnd(3000, "x")),
      () => bridge["noteRole"]?.("w", "king"),
      () => bridge["manage"]?.("w", { call: "accept", publicKey: "mine" }),
      () => bridge["ticket"]?.(),
      () => bridge["exportText"]?.({ name: "x".repeat(300), text: "" }),
      () => bridge["showFolder"]?.("/etc"),
    ];
    return Promise.all(
      tries.map((attempt) =>
        Promise.resolve(attempt()).then(
          () => "answered",
          (error: unknown) => (String(error).includes("refused") ? "refused" : String(error)),
        ),
      ),
    );
  });
  expect(outcomes).toEqual(Array.from({ length: 9 }, () => "refused"));
});

test.each([
  "javascript:alert(1)",
  "file:///etc/passwd",
  "http://example.org/",
  "https://bank@evil.example/",
  "smb://host/x",
  "-x",
])("a link that is not https or mailto is not handed to the system: %s", async (link) => {
  const answer = await deckle.page.evaluate(
    (text) =>
      (window as unknown as { deckle: { openLink(text: string): Promise<{ ok: boolean }> } }).deckle.openLink(
        text,
      ),
    link,
  );
  expect(answer).toMatchObject({ ok: false, code: "link-refused" });
});

test("a subframe is never loaded, so it has no one to call", async () => {
  const framed = await deckle.page.evaluate(async () => {
    const frame = Object.assign(document.createElement("iframe"), { src: "app://deckle/" });
    document.body.append(frame);
    await new Promise((resolve) => setTimeout(resolve, 500));
    try {
      return (frame.contentWindow as unknown as { deckle?: object } | null)?.deckle !== undefined;
    } catch {
      // The page that says "blocked" is of another origin.
      return false;
    } finally {
      frame.remove();
    }
  });
  expect(framed).toBe(false);
});

test("a call from a frame that is not the main frame of our origin is refused", async () => {
  // The page cannot load such a frame; a window made in main stands for one that somehow did.
  const outcomes = await deckle.app.evaluate(async ({ BrowserWindow, app }) => {
    const stray = new BrowserWindow({
      show: false,
      webPreferences: { preload: `${app.getAppPath()}/electron/preload.cjs`, sandbox: true },
    });
    await stray.loadURL("about:blank");
    const ask = (script: string): Promise<unknown> => stray.webContents.executeJavaScript(script);
    const answer = await ask(`deckle.configuration().then(() => "answered", (error) => String(error))`);
    stray.destroy();
    return answer;
  });
  expect(outcomes).toContain("refused");
});
