/** Starts the supervisor of one machine from its config file: `supervisor --config FILE`. Ends on SIGTERM and SIGINT. */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { z } from "zod";
import { createLog, messageOf } from "../io/log.ts";
import { createSupervisorServer } from "./api.ts";
import { SupervisorConfig } from "./config.ts";
import { SupervisorMetrics } from "./metrics.ts";
import { listenOn } from "./socket.ts";
import { Supervisor } from "./supervisor.ts";

declare const TANDEM_VERSION: string | undefined;
/** Put in by the bundler. */
const version = typeof TANDEM_VERSION === "string" ? TANDEM_VERSION : "source";

const usage = `The supervisor of one machine of a Tandem pair: starts and stops cold standbys by the hub's word.

  supervisor --config FILE   run with this JSON config (see hub/supervisor/config.ts)
  supervisor --version       print the version
  supervisor --help          print this
`;

const exitUsage = 64;
const exitUnavailable = 69;
const exitConfig = 78;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { config: { type: "string" }, version: { type: "boolean" }, help: { type: "boolean" } },
  });
  if (values.help) return void process.stdout.write(usage);
  if (values.version) return void process.stdout.write(`${version}\n`);
  if (values.config === undefined) return fail(`--config is missing\n${usage}`, exitUsage);
  const config = readConfig(values.config);
  if (config !== undefined) await run(config);
}

async function run(config: SupervisorConfig): Promise<void> {
  const log = createLog(config.machine);
  // A full disk or a reader that is gone costs log lines, not the supervisor.
  process.stderr.on("error", () => {});
  const metrics = new SupervisorMetrics(version);
  try {
    const supervisor = new Supervisor(config, metrics, log);
    const server = createSupervisorServer({
      put: (words) => supervisor.put(words),
      services: () => supervisor.services(),
      metrics: async () => ({ type: metrics.contentType, text: await metrics.text(supervisor.services()) }),
    });
    const stop = () => {
      server.close();
      server.closeAllConnections();
      supervisor.stop().then(
        () => process.exit(),
        (error: unknown) => fail(`the supervisor did not stop cleanly: ${messageOf(error)}`, 1, true),
      );
    };
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, stop);
    // First of all, so that a second supervisor of the same machine ends before it has stopped anything.
    await listenOn(server, config.socket, config.socketMode);
    await supervisor.start();
    log.info("supervisor.ready", { socket: config.socket, processes: config.processes.length });
  } catch (error) {
    fail(messageOf(error), exitUnavailable, true);
  }
}

function readConfig(path: string): SupervisorConfig | undefined {
  try {
    const parsed = SupervisorConfig.safeParse(JSON.parse(readFileSync(path, "utf8")));
    if (parsed.success) return parsed.data;
    fail(`${path} is not a supervisor's config:\n${z.prettifyError(parsed.error)}`, exitConfig);
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

await main();
