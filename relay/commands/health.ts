/** `deckle-relay health`: whether the relay with these settings answers; for supervisors that run a command. */
import { get, type IncomingMessage } from "node:http";
import { get as getSecure } from "node:https";
import { loadConfig } from "../config/effective.ts";
import type { Config } from "../config/settings.ts";
import { healthProbeMs } from "../protocol/limits.ts";
import { hostPort } from "../server/http.ts";
import { operandProblems, refuse, type Call, type ExitCode } from "./command.ts";

export async function health(call: Call): Promise<ExitCode> {
  const loaded = loadConfig(call.args, call.environment, {});
  if (!loaded.ok) return refuse(call, loaded.problems);
  const problems = operandProblems(loaded.words.operands, []);
  if (problems.length > 0) return refuse(call, problems);
  const answer = await probe(loaded.effective.config);
  call.out(`${answer}\n`);
  return answer === "ok" ? 0 : 1;
}

function probe({ host, port, "tls.cert": cert }: Config): Promise<string> {
  return new Promise((resolve) => {
    const take = (response: IncomingMessage): void => {
      response.resume();
      resolve(response.statusCode === 200 ? "ok" : `answered ${response.statusCode}`);
    };
    const address = `://${hostPort(host, port)}/healthz`;
    // The certificate is not for the address that it listens on; nothing is sent that anyone could want.
    const request =
      cert === undefined
        ? get(`http${address}`, take)
        : getSecure(`https${address}`, { rejectUnauthorized: false }, take);
    request.on("error", (error) => resolve(error.message));
    request.setTimeout(healthProbeMs, () =>
      request.destroy(new Error(`no answer within ${healthProbeMs} ms`)),
    );
  });
}
