/** Starts one hub from its config file: `hub --config FILE`. Ends on SIGTERM and SIGINT, with the stores left whole; reads a renewed key on SIGHUP. */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { z } from "zod";
import { HubConfig } from "./config.ts";
import { Hub } from "./hub.ts";
import { createLog, messageOf } from "./io/log.ts";
import { isJudgeThread } from "./judge/thread.ts";

declare const TANDEM_VERSION: string | undefined;
/** Put in by the bundler; a hub that runs from its source has no version. */
const version = typeof TANDEM_VERSION === "string" ? TANDEM_VERSION : "source";

const usage = `The hub of one machine of a Tandem pair.

  hub --config FILE   run with this JSON config (see hub/config.ts)
  hub --version       print the version
  hub --help          print this
`;

const exitUsage = 64;
const exitConfig = 78;
const exitUnavailable = 69;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { config: { type: "string" }, version: { type: "boolean" }, help: { type: "boolean" } },
  });
  if (values.help) return void process.stdout.write(usage);
  if (values.version) return void process.stdout.write(`${version}\n`);
  if (values.config === undefined) return fail(`--config is missing\n${usage}`, exitUsage);
  const config = readConfig(values.config);
  if (config === undefined) return;

  const log = createLog(config.machine.name);
  // A full disk or a reader that is gone costs log lines, not the hub.
  process.stderr.on("error", () => {});
  const hub = new Hub(config, version, log);
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.on(signal, () => {
      hub.stop().then(
        () => process.exit(),
        (error: unknown) => fail(`the hub did not stop cleanly: ${messageOf(error)}`, 1, true),
      );
    });
  }
  // Also what a closed terminal sends: by default it would end the process.
  process.on("SIGHUP", () => hub.reload());
  try {
    await hub.start();
  } catch (error) {
    fail(messageOf(error), exitUnavailable, true);
  }
}

function readConfig(path: string): HubConfig | undefined {
  try {
    const parsed = HubConfig.safeParse(JSON.parse(readFileSync(path, "utf8")));
    if (parsed.success) return parsed.data;
    fail(`${path} is not a hub's config:\n${z.prettifyError(parsed.error)}`, exitConfig);
  } catch (error) {
    fail(`cannot read ${path}: ${messageOf(error)}`, exitConfig);
  }
  return undefined;
}

function fail(message: string, code: number, now = false): void {
  process.stderr.write(`${message}\n`);
  process.exitCode = code;
  if (now) process.exit();
}

// The judge's thread runs the same file, for what hub/judge/thread.ts does there.
if (!isJudgeThread) await main();
