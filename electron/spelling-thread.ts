/**
 * The thread that checks words: reads dictionaries and answers. It holds nothing that could be lost, and main starts
 * another one where it dies of a dictionary.
 */
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { parentPort } from "node:worker_threads";
import { Checker } from "./host/spelling/checker.ts";
import type { FromThread, ToThread } from "./host/spelling/messages.ts";
import { affixBytesMax, dictionaryBytesMax } from "./policy/limits.ts";

const checker = new Checker();

async function load(id: string, folder: string): Promise<readonly string[]> {
  const [aff, dic] = [join(folder, `${id}.aff`), join(folder, `${id}.dic`)];
  try {
    if ((await stat(aff)).size > affixBytesMax || (await stat(dic)).size > dictionaryBytesMax)
      return ["It is too large."];
    const problem = checker.load(id, await readFile(aff), await readFile(dic));
    return problem === null ? [] : [problem];
  } catch {
    return [`There have to be two files that can be read: ${id}.aff and ${id}.dic.`];
  }
}

async function answer(message: ToThread): Promise<readonly string[]> {
  switch (message.type) {
    case "load":
      return load(message.id, message.folder);
    case "unload":
      checker.unload(message.id);
      return [];
    case "check":
      return message.words.filter((word) => !checker.isRight(word));
    case "suggest":
      return checker.suggest(message.word);
  }
}

parentPort?.on("message", (message: ToThread) => {
  void answer(message).then((words) => {
    const said: FromThread = { ask: message.ask, words };
    parentPort?.postMessage(said);
  });
});
