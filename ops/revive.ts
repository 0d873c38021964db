/** `tandem revive`: has the local run start again what is dead of it, and waits until both hubs call both machines well. */
import { setTimeout as pause } from "node:timers/promises";
import type { Command } from "commander";
import { ask } from "./client/hub-client.ts";
import { OperatorError } from "./error.ts";
import { hubUrls } from "./ledger/hubs.ts";
import { reviveSignal, runOf } from "./local/data-folder.ts";
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
  const pid = runOf(data);
  if (pid === undefined) {
    const next = "Name the folder of one that runs with --data, or start one: tandem local";
    throw new OperatorError("revive.no-run", `no local run keeps its data in ${data}`, next);
  }
  process.kill(pid, reviveSignal);
  const urls = hubUrls({ data, stack: [], dir: siteDir });
  const endMs = performance.now() + deadlineMs;
  let trouble = await troubleOf(urls);
  while (trouble !== "" && performance.now() < endMs) {
    await pause(pollMs);
    trouble = await troubleOf(urls);
  }
  if (trouble !== "") process.exitCode = 1;
  const text = trouble === "" ? "both machines are well" : `${trouble}, ${deadlineMs / 1_000} s after it was told`;
  process.stdout.write(`${json ? JSON.stringify({ ok: trouble === "", text }) : text}\n`);
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
