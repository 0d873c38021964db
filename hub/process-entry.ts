/** What the hub's processes have in common: config file, exit codes, signals, and an end that leaves everything whole. */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { z } from "zod";
import { createLog, type Log, messageOf } from "./io/log.ts";

declare const TANDEM_VERSION: string | undefined;
/** Put in by the bundler; a process that runs from its source has no version. */
const version = typeof TANDEM_VERSION === "string" ? TANDEM_VERSION : "source";

export interface Entry<Config> {
  /** What it is, for messages. @example "hub" */
  name: string;
  usage: string;
  schema: z.ZodType<Config>;
  machineOf(config: Config): string;
  make(config: Config, version: string, log: Log): Running;
}

export interface Running {
  start(): Promise<void>;
  /** Resolves when everything is whole on disk and nobody is left without an answer. */
  stop(): Promise<void>;
  /** At SIGHUP. */
  reload?(): void;
}

const exitUsage = 64;
const exitConfig = 78;
const exitUnavailable = 69;

/** Runs until SIGTERM or SIGINT. */
export async function runEntry<Config>(entry: Entry<Config>): Promise<void> {
  const { values } = parseArgs({
    options: { config: { type: "string" }, version: { type: "boolean" }, help: { type: "boolean" } },
  });
  if (values.help) return void process.stdout.write(entry.usage);
  if (values.version) return void process.stdout.write(`${version}\n`);
  if (values.config === undefined) return fail(`--config is missing\n${entry.usage}`, exitUsage);
  const config = readConfig(values.config, entry);
  if (config === undefined) return;

  const log = createLog(entry.machineOf(config));
  // A full disk or a reader that is gone costs log lines, not the process.
  process.stderr.on("error", () => {});
  let running: Running;
  try {
    running = entry.make(config, version, log);
  } catch (error) {
    return fail(messageOf(error), exitUnavailable);
  }
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.on(signal, () => {
      running.stop().then(
        () => process.exit(),
        (error: unknown) => fail(`the ${entry.name} did not stop cleanly: ${messageOf(error)}`, 1, true),
      );
    });
  }
  // Also what a closed terminal sends: by default it would end the process.
  process.on("SIGHUP", () => running.reload?.());
  try {
    await running.start();
  } catch (error) {
    fail(messageOf(error), exitUnavailable, true);
  }
}

function readConfig<Config>(path: string, { name, schema }: Entry<Config>): Config | undefined {
  try {
    const parsed = schema.safeParse(JSON.parse(readFileSync(path, "utf8")));
    if (parsed.success) return parsed.data;
    fail(`${path} is not a ${name}'s config:\n${z.prettifyError(parsed.error)}`, exitConfig);
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
