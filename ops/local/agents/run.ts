/** The life of a process of agents, whether it hosts a machine's many or is one pilot: start, obey, stop. */
import { parseArgs } from "node:util";
import { createLog } from "../../../hub/io/log.ts";
import { OperatorError } from "../../error.ts";
import { Agent } from "./agent.ts";
import { type HostConfig, readHostConfig } from "./config.ts";
import type { AgentState, ControlAnswer } from "./control.ts";
import { serveControl } from "./control-server.ts";
import { HubFiles } from "./hub-files.ts";
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
    wayChanged: (hub, why, agent) =>
      hub === undefined
        ? log.error("pushes-lost", { agent, why })
        : log.warn("pushes-go", { agent, hub, ...(why && { why }) }),
  });
  const hubFiles =
    config.hubsDirectory === undefined
      ? undefined
      : new HubFiles({ agents, machine, directory: config.hubsDirectory, pusher, log });
  // First of all: a second process for the same agents is told so by its name, not by some port in use.
  const control = await serveControl(config.controlSocket, async (request) => {
    if (request.command === "list") return describe(agents, pusher, machine);
    const agent = requireAgent(agents, request.agent);
    await agent.setFault(request.fault);
    hubFiles?.look(agent);
    log.info("fault", { agent: request.agent, ...request.fault });
    return describe([agent], pusher, machine);
  });

  const stop = async () => {
    setTimeout(() => process.exit(0), stopDeadlineMs).unref();
    hubFiles?.stop();
    pusher.stop();
    control.close();
    await Promise.all(agents.map((agent) => agent.close()));
    process.exit(0);
  };
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);

  try {
    await Promise.all(agents.map((agent) => agent.listen()));
    hubFiles?.start();
  } catch (error) {
    control.close();
    throw error;
  }
  pusher.start();
  const ready = { ready: true, machine, pid: process.pid, agents: agents.map((agent) => agent.config.name) };
  process.stdout.write(`${JSON.stringify(ready)}\n`);
}

function describe(chosen: Agent[], pusher: Pusher, machine: string): ControlAnswer {
  const stateOf = (agent: Agent): AgentState => ({
    ...agent.config,
    fault: agent.fault,
    pushes: pusher.countsOf(agent),
    hubFile: pusher.followedBy(agent),
  });
  return { ok: true, machine, pid: process.pid, agents: chosen.map(stateOf) };
}

function requireAgent(agents: Agent[], name: string): Agent {
  const agent = agents.find((candidate) => candidate.config.name === name);
  if (agent !== undefined) return agent;
  const names = agents.map((candidate) => candidate.config.name).join(", ");
  throw new OperatorError("agent.unknown", `No agent ${name} lives in this process`, `It has: ${names}`);
}
