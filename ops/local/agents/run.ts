/** The life of a process of agents, whether it hosts a machine's many or is one pilot: start, obey, stop. */
import { parseArgs } from "node:util";
import { createLog } from "../../../hub/io/log.ts";
import { OperatorError } from "../../error.ts";
import { Agent } from "./agent.ts";
import { type HostConfig, readHostConfig } from "./config.ts";
import type { AgentState, ControlAnswer, ControlRequest } from "./control.ts";
import { serveControl } from "./control-server.ts";
import { Pusher } from "./pusher.ts";

/** A stop that takes longer is cut short, ms. */
const stopDeadlineMs = 900;

/** Runs until a signal; exit code 0 after SIGTERM or SIGINT, 2 when it cannot start. */
export async function runAgents(argv: string[], check: (config: HostConfig, file: string) => void): Promise<void> {
  try {
    const file = configFile(argv);
    const config = readHostConfig(file);
    check(config, file);
    await start(config);
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    process.stderr.write(`${error.toText()}\n`);
    // Other agents' sockets may be open by now, and would keep the process.
    process.exit(2);
  }
}

function configFile(argv: string[]): string {
  const next = "Start it with --config FILE";
  try {
    const { values } = parseArgs({ args: argv, options: { config: { type: "string" } } });
    if (values.config !== undefined) return values.config;
  } catch (error) {
    throw new OperatorError("agents.usage", error instanceof Error ? error.message : String(error), next);
  }
  throw new OperatorError("agents.usage", "No config was given", next);
}

async function start(config: HostConfig): Promise<void> {
  const { machine } = config;
  const log = createLog(machine);
  const agents = config.agents.map((agent) => new Agent(agent, machine));
  const pusher = new Pusher({
    agents,
    machine,
    hubs: config.hubs,
    intervalMs: config.pushIntervalMs,
    wayChanged: (hub, why) =>
      hub === undefined ? log.error("pushes-lost", { why }) : log.warn("pushes-go", { hub, ...(why && { why }) }),
  });
  // First of all: a second process for the same agents is told so by its name, not by some port in use.
  const control = await serveControl(config.controlSocket, async (request) => {
    const answer = await obey(request, agents, pusher, machine);
    if (request.command === "fault") log.info("fault", { agent: request.agent, ...request.fault });
    return answer;
  });

  const stop = async () => {
    setTimeout(() => process.exit(0), stopDeadlineMs).unref();
    pusher.stop();
    control.close();
    await Promise.all(agents.map((agent) => agent.close()));
    process.exit(0);
  };
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);

  try {
    await Promise.all(agents.map((agent) => agent.listen()));
  } catch (error) {
    control.close();
    throw error;
  }
  pusher.start();
  const ready = { ready: true, machine, pid: process.pid, agents: agents.map((agent) => agent.config.name) };
  process.stdout.write(`${JSON.stringify(ready)}\n`);
}

async function obey(request: ControlRequest, agents: Agent[], pusher: Pusher, machine: string): Promise<ControlAnswer> {
  const describe = (agent: Agent): AgentState => ({
    ...agent.config,
    fault: agent.fault,
    pushes: pusher.countsOf(agent),
  });
  const answer = (chosen: Agent[]): ControlAnswer => ({
    ok: true,
    machine,
    pid: process.pid,
    agents: chosen.map(describe),
  });
  if (request.command === "list") return answer(agents);
  const agent = agents.find((candidate) => candidate.config.name === request.agent);
  if (agent === undefined) {
    const names = agents.map((candidate) => candidate.config.name).join(", ");
    throw new OperatorError("agent.unknown", `No agent ${request.agent} lives in this process`, `It has: ${names}`);
  }
  await agent.setFault(request.fault);
  return answer([agent]);
}
