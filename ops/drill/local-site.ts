/** The local run as a pair for drills: its servers are processes of this computer, started again by the run itself. */
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { z } from "zod";
import { OperatorError } from "../error.ts";
import { hubUrls } from "../ledger/hubs.ts";
import { listProcesses, signal } from "../local/processes.ts";
import { filesOf, machineNames } from "../local/site.ts";
import { givingTo, keepDocuments } from "../site/keep-documents.ts";
import type { Part } from "./scenarios.ts";
import type { DrillSite } from "./site.ts";

const Lock = z.object({ pid: z.number().int() });

export function localDrillSite(data: string): DrillSite {
  const urls = hubUrls({ data, stack: [], dir: "" });
  const pidsOf = (machine: string, parts: readonly Part[]) => parts.flatMap((part) => pidOf(data, machine, part));
  const give = urls.map((hub) => givingTo(hub));
  return {
    name: `the local run in ${data}`,
    hubs: new Map(machineNames.map((machine, i) => [machine, urls[i] ?? ""])),
    staysDead: whyStaysDead(data),
    async crash(machine, parts) {
      for (const pid of pidsOf(machine, parts)) signal(pid, "SIGKILL");
    },
    async freeze(machine, parts, holdMs) {
      const pids = pidsOf(machine, parts);
      const all = pids.join(" ");
      const script = `kill -STOP ${all}; sleep ${holdMs / 1_000}; kill -CONT ${all}`;
      spawn("sh", ["-c", script], { detached: true, stdio: "ignore" }).unref();
      return async () => {
        for (const pid of pids) signal(pid, "SIGCONT");
      };
    },
    // Nothing is deployed to a local run.
    lock: async () => ({ release: async () => {} }),
    keep: (documents) => keepDocuments(documents, give),
    give,
    reports: join(data, "drills"),
  };
}

/** By the file that its command line names. @throws OperatorError when it does not run */
function pidOf(data: string, machine: string, part: Part): number {
  const files = filesOf(join(resolve(data), machine));
  const [program, argument] = {
    hub: [/hub\.mjs( |$)/, files.hubConfig],
    nats: [/nats-server /, files.natsConf],
    pushgateway: [/pushgateway /, `--persistence.file=${files.pushgatewayStore}`],
  }[part] as [RegExp, string]; // one for each part
  // An editor of the same file, or another folder's pair, is none of it.
  const found = listProcesses().find(({ command }) => program.test(command) && hasArgument(command, argument));
  if (found !== undefined) return found.pid;
  throw new OperatorError(
    "drill.absent",
    `${part} of ${machine} does not run`,
    "Start the pair, and wait until it is whole",
  );
}

/** Whether it is one of them, whole; it may have spaces of its own, as a folder's name has. */
export const hasArgument = (command: string, argument: string): boolean => ` ${command} `.includes(` ${argument} `);

/** A run that leaves dead what died would be left with one copy. */
function whyStaysDead(data: string): string | undefined {
  const lock = join(data, "tandem.lock");
  const pid = existsSync(lock) ? Lock.safeParse(JSON.parse(readFileSync(lock, "utf8"))).data?.pid : undefined;
  const command = listProcesses().find((one) => one.pid === pid)?.command;
  if (command === undefined) return "nobody runs the pair";
  return command.includes("--no-restart") ? "it was started with --no-restart" : undefined;
}
