/**
 * An import across a wall does not compile. Each file of e2e/walls/ is compiled as if it lay in a layer,
 * with that layer's own tsconfig, so a hole made in one of those is found here.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { cacheFolder, root } from "./paths.ts";

/** "File is not listed within the file list of project": the import of a file of a layer that is not referenced. */
const notOfThisProject = "TS6307";
/** "Cannot find name": also in the form that suggests types to install, or a lib to include. */
const noSuchName = /TS(2304|2580|2584|2591)/;

const breaches: readonly (readonly [file: string, layer: string, error: string | RegExp])[] = [
  ["app-imports-engine", "renderer/app", notOfThisProject],
  ["app-imports-main", "renderer/app", notOfThisProject],
  ["document-uses-window", "renderer/document", noSuchName],
  ["document-uses-timer", "renderer/document", noSuchName],
  ["protocol-uses-process", "relay/protocol", noSuchName],
  ["policy-uses-process", "electron/policy", noSuchName],
  ["relay-imports-renderer", "relay/sync", notOfThisProject],
  ["relay-sync-imports-store", "relay/sync", notOfThisProject],
  ["electron-imports-renderer", "electron/host", notOfThisProject],
];
const allowed = ["app-imports-port", "renderer/app"] as const;

const folder = join(cacheFolder, "walls");
let output = "";

beforeAll(() => {
  mkdirSync(folder, { recursive: true });
  const fixtures = [...breaches.map(([file, layer]) => [file, layer] as const), allowed];
  for (const [file, layer] of fixtures) writeFileSync(configOf(file), JSON.stringify(projectOf(file, layer)));
  const solution = join(folder, "tsconfig.json");
  const references = fixtures.map(([file]) => ({ path: configOf(file) }));
  writeFileSync(solution, JSON.stringify({ files: [], references }));
  const ran = spawnSync(join(root, "node_modules", ".bin", "tsc"), ["-b", "--pretty", "false", solution], {
    cwd: root,
    encoding: "utf8",
  });
  output = ran.stdout + ran.stderr;
}, 120_000);

function configOf(file: string): string {
  return join(folder, `${file}.json`);
}

function projectOf(file: string, layer: string): object {
  const layerFolder = join(root, layer);
  const config = join(layerFolder, "tsconfig.json");
  const { references } = JSON.parse(readFileSync(config, "utf8")) as { references: { path: string }[] };
  return {
    extends: config,
    compilerOptions: { tsBuildInfoFile: join(folder, `${file}.tsbuildinfo`), outDir: join(folder, "types") },
    files: [join(root, "e2e", "walls", `${file}.ts`)],
    include: [],
    references: references.map(({ path }) => ({ path: resolve(layerFolder, path) })),
  };
}

/** What the compiler said of one file. Others may be broken at the same time, for reasons of their own. */
function errorsOf(file: string): string[] {
  return output.split("\n").filter((line) => line.startsWith(`e2e/walls/${file}.ts(`));
}

test.each(breaches)("%s does not compile in %s", (file, _, error) => {
  expect(errorsOf(file)).toEqual([expect.stringMatching(error)]);
});

test("what may be imported compiles", () => {
  expect(errorsOf(allowed[0])).toEqual([]);
  expect(output).not.toContain("TS18003");
});
