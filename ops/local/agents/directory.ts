/** Finds the local run's agents by the config files in its data folder, and speaks with their processes. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { OperatorError } from "../../error.ts";
import { type HostedAgent, readHostConfig } from "./config.ts";
import type { AgentState } from "./control.ts";
import { askControl } from "./control-client.ts";
import type { Fault } from "./fault.ts";

export interface FoundAgent {
  machine: string;
  /** The config file's name without its ending: `agents`, `standbys`, `pilot-<Name>` or `cold-<Name>`. */
  process: string;
  controlSocket: string;
  config: HostedAgent;
  /** Undefined while its process is not running. */
  pid: number | undefined;
  state: AgentState | undefined;
}

/** Configs of processes of agents, among the other files of a machine's folder. */
const configName = /^(agents|standbys|(pilot|cold)-.+)\.json$/;

/** Every agent of both machines, with its state where its process answers. @throws OperatorError without any config */
export async function askFleet(dataDir: string): Promise<FoundAgent[]> {
  const found = await Promise.all(configFiles(dataDir).map(({ process, file }) => askProcess(process, file)));
  return found.flat();
}

/** @throws OperatorError when there is no such agent, several, or its process is not running */
export function findAgent(agents: readonly FoundAgent[], name: string, machine?: string): FoundAgent {
  const there = agents.filter((agent) => machine === undefined || agent.machine === machine);
  if (machine !== undefined && there.length === 0) {
    const known = [...new Set(agents.map((agent) => agent.machine))].join(", ");
    throw new OperatorError("machine.unknown", `No machine ${machine} has agents here`, `Use one of: ${known}`);
  }
  const named = there.filter((agent) => agent.config.name === name);
  // Beside its standby, an agent's name means the agent.
  const homes = named.filter((agent) => agent.config.standbyOf === undefined);
  const meant = homes.length > 0 ? homes : named;
  const [first] = meant;
  if (first === undefined) throw unknownAgent(there, name, machine);
  if (meant.length > 1) {
    const machines = meant.map((agent) => agent.machine);
    const next = machines.map((at) => `--machine ${at}`).join(" or ");
    throw new OperatorError("agent.ambiguous", `${name} stands on ${machines.join(" and ")}`, `Say which: ${next}`);
  }
  return first;
}

/** Gives the agent a fault, or takes it by `{ kind: "none" }`; resolves to its new state. @throws OperatorError */
export async function setFault(agent: FoundAgent, fault: Fault): Promise<AgentState> {
  const { machine, process, controlSocket, config } = agent;
  const outcome = await askControl(controlSocket, { command: "fault", agent: config.name, fault });
  if (outcome.type === "absent") {
    const next = "Start it with `tandem local`, or wait until it is restarted";
    throw new OperatorError("agent.stopped", `${machine}/${config.name} is not running (process ${process})`, next);
  }
  if (outcome.type === "broken") throw brokenProcess(controlSocket, outcome.reason);
  if (!outcome.answer.ok) throw new OperatorError(outcome.answer.code, outcome.answer.what, outcome.answer.next);
  const [state] = outcome.answer.agents;
  if (state === undefined) throw brokenProcess(controlSocket, "an answer without the agent");
  return state;
}

function configFiles(dataDir: string): { process: string; file: string }[] {
  const files = foldersOf(dataDir).flatMap((machine) =>
    readdirSync(join(dataDir, machine))
      .filter((name) => configName.test(name))
      .sort()
      .map((name) => ({ process: name.slice(0, -".json".length), file: join(dataDir, machine, name) })),
  );
  if (files.length > 0) return files;
  const next = "Start the pair with `npm start`, or name its data folder with --data";
  throw new OperatorError("agents.none", `No agents are configured in ${dataDir}`, next);
}

function foldersOf(dataDir: string): string[] {
  try {
    const entries = readdirSync(dataDir, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  } catch {
    return [];
  }
}

async function askProcess(process: string, file: string): Promise<FoundAgent[]> {
  const { machine, controlSocket, agents } = readHostConfig(file);
  const outcome = await askControl(controlSocket, { command: "list" });
  if (outcome.type === "broken") throw brokenProcess(controlSocket, outcome.reason);
  const answer = outcome.type === "answer" && outcome.answer.ok ? outcome.answer : undefined;
  return agents.map((config) => ({
    machine,
    process,
    controlSocket,
    config,
    pid: answer?.pid,
    state: answer?.agents.find((agent) => agent.name === config.name),
  }));
}

function brokenProcess(controlSocket: string, reason: string): OperatorError {
  const next = "See who holds it with: ss -lxp, and restart that process";
  return new OperatorError("agents.broken", `The process at ${controlSocket} gave ${reason}`, next);
}

function unknownAgent(agents: readonly FoundAgent[], name: string, machine: string | undefined): OperatorError {
  const near = nearest(name, [...new Set(agents.map((agent) => agent.config.name))]);
  const next = near.length > 0 ? `Did you mean ${near.join(" or ")}?` : "See `tandem agent list`";
  const place = machine === undefined ? "" : ` on ${machine}`;
  return new OperatorError("agent.unknown", `There is no agent ${name}${place} in this run`, next);
}

/** At most three names that are a few keystrokes away or hold what was typed. */
function nearest(typed: string, names: readonly string[]): string[] {
  const wanted = typed.toLowerCase();
  const far = Math.max(2, Math.floor(typed.length / 3));
  return names
    .map((name) => {
      const holds = name.toLowerCase().includes(wanted);
      return { name, away: holds ? 0 : editDistance(wanted, name.toLowerCase()) };
    })
    .filter(({ away }) => away <= far)
    .sort((a, b) => a.away - b.away || a.name.localeCompare(b.name))
    .slice(0, 3)
    .map(({ name }) => name);
}

/** Letters to insert, delete or replace. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
