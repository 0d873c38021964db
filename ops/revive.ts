/** `tandem revive`: has the local run start again what is dead of it, and waits until both hubs call both machines well. */
import { setTimeout as pause } from "node:timers/promises";
import type { Command } from "commander";
import { ask } from "./client/hub-client.ts";
import { OperatorError } from "./error.ts";
import { hubUrls } from "./ledger/hubs.ts";
import { holderOfRun, reviveSignal } from "./local/data-folder.ts";
import type { Holder } from "./local/lock.ts";
import { listProcesses } from "./local/processes.ts";
import { siteDir } from "./site/stacks.ts";

interface ReviveOptions {
  data: string;
  json: boolean;
}

const deadlineMs = 60_000;
const pollMs = 100;
const parts = ["hub", "nats", "pushgateway"] as const;

export function registerRevive(program: Command): void {
  program
    .command("revive")
    .description(
      "start again what is dead of the local run, such as after --no-restart; ends with 1 when a machine is not well after 60 s",
    )
    .option("--data <dir>", "folder that the local run keeps its data in", ".tandem")
    .option("--json", "print one JSON object", false)
    .addHelpText("after", "\nExample:\n  $ tandem revive --data /tmp/pair")
    .action(revive);
}

async function revive({ data, json }: ReviveOptions): Promise<void> {
  const holder = holderOfRun(data);
  if (holder === undefined) {
    const next = "Name the folder of one that runs with --data, or start one: tandem local";
    throw new OperatorError("revive.no-run", `no local run keeps its data in ${data}`, next);
  }
  const { pid } = holder;
  if (!isLocalRun(holder)) {
    const what = `process ${pid}, which has ${data}, is no local run but one of tandem chaos, tandem soak or a test`;
    throw new OperatorError("revive.other-run", what, "Leave it alone: it starts again by itself what it has killed");
  }
  process.kill(pid, reviveSignal);
  const urls = hubUrls({ data, stack: [], dir: siteDir });
  const endMs = performance.now() + deadlineMs;
  let trouble = await troubleOf(urls);
  requireRun(data, pid);
  while (trouble !== "" && performance.now() < endMs) {
    await pause(pollMs);
    trouble = await troubleOf(urls);
    requireRun(data, pid);
  }
  if (trouble !== "") process.exitCode = 1;
  const text = trouble === "" ? "both machines are well" : `${trouble}, ${deadlineMs / 1_000} s after it was told`;
  process.stdout.write(`${json ? JSON.stringify({ ok: trouble === "", text }) : text}\n`);
}

/** A lock of the version before does not say of what kind its run is, and its process does. */
function isLocalRun({ pid, run, birth }: Holder): boolean {
  if (run !== undefined || birth !== undefined) return run === "local run";
  return listProcesses().some((found) => found.pid === pid && found.command.split(" ").includes("local"));
}

/** @throws OperatorError when it has ended: its processes may be well, but nobody starts them again */
function requireRun(data: string, pid: number): void {
  if (holderOfRun(data)?.pid === pid) return;
  const next = "Start it again (npm start, or tandem local); it stops what this one left behind";
  throw new OperatorError("revive.ended", `the local run in ${data}, process ${pid}, has ended`, next);
}

async function troubleOf(urls: readonly string[]): Promise<string> {
  for (const url of urls) {
    const fleet = await ask(url, "getFleet", {});
    if (fleet === undefined) return `the hub at ${url} does not answer`;
    for (const [name, machine] of Object.entries(fleet.machines))
      for (const part of parts)
        if (machine[part].verdict !== "alive")
          return `the hub at ${url} says that the ${part} of ${name} is ${machine[part].verdict}`;
  }
  return "";
}
