/** How each process of the local pair is started, and when it counts as ready. */
import { z } from "zod";
import { hubNodeArgs } from "../../components/hub-node-args.ts";
import { pushgatewayArgs } from "../../components/pushgateway-args.ts";
import { askPort } from "../../hub/io/port-watch.ts";
import { RouterClient } from "../../hub/io/router-client.ts";
import { SupervisorClient } from "../../hub/io/supervisor-client.ts";
import type { ChildSpec } from "./child.ts";
import type { DataFolder } from "./data-folder.ts";
import {
  type AgentProcess,
  agentArgs,
  filesOf,
  routerSocket,
  type SiteMachine,
  supervisorSocket,
  witnessName,
} from "./site.ts";

/** Paths of the programs that the pair runs. */
export interface Programs {
  natsServer: string;
  pushgateway: string;
  /** Bundles, run by this same Node. */
  hub: string;
  router: string;
  supervisor: string;
}

const askDeadlineMs = 1_000;

export function natsSpec(machine: SiteMachine, data: DataFolder, programs: Programs): ChildSpec {
  const files = filesOf(data.machine(machine.name));
  return {
    machine: machine.name,
    name: "NATS",
    command: programs.natsServer,
    args: ["-c", files.natsConf],
    logPath: files.log("nats"),
    ready: () => answersOk(machine.monitoring, "/healthz?js-enabled-only=true"),
  };
}

export function pushgatewaySpec(machine: SiteMachine, data: DataFolder, programs: Programs): ChildSpec {
  const files = filesOf(data.machine(machine.name));
  return {
    machine: machine.name,
    name: "Pushgateway",
    command: programs.pushgateway,
    args: pushgatewayArgs({ ...machine.pushgateway, persistenceFile: files.pushgatewayStore }),
    logPath: files.log("pushgateway"),
    ready: () => answersOk(machine.pushgateway, "/-/ready"),
  };
}

export function hubSpec(machine: SiteMachine, data: DataFolder, programs: Programs): ChildSpec {
  const files = filesOf(data.machine(machine.name));
  return {
    machine: machine.name,
    name: "hub",
    command: process.execPath,
    args: [...hubNodeArgs, programs.hub, "--config", files.hubConfig],
    logPath: files.log("hub"),
    ready: () => answersOk(machine.hub, "/readyz"),
  };
}

export function witnessSpec({ port }: { port: number }, data: DataFolder, programs: Programs): ChildSpec {
  const files = filesOf(data.machine(witnessName));
  return {
    machine: witnessName,
    name: "NATS",
    command: programs.natsServer,
    args: ["-c", files.natsConf],
    logPath: files.log("nats"),
    ready: async () => (await askPort({ host: "127.0.0.1", port, kind: "nats" }, askDeadlineMs)) === "heard",
  };
}

export function routerSpec(machine: SiteMachine, data: DataFolder, programs: Programs): ChildSpec {
  const files = filesOf(data.machine(machine.name));
  return {
    machine: machine.name,
    name: "router",
    command: process.execPath,
    args: [programs.router, "--config", files.routerConfig],
    logPath: files.log("router"),
    ready: async () => {
      const client = new RouterClient({ socket: routerSocket(data, machine.name), deadlineMs: askDeadlineMs });
      try {
        await client.routes();
        return true;
      } catch {
        return false;
      } finally {
        client.stop();
      }
    },
  };
}

export function supervisorSpec(machine: SiteMachine, data: DataFolder, programs: Programs): ChildSpec {
  const files = filesOf(data.machine(machine.name));
  const client = new SupervisorClient(supervisorSocket(data, machine.name), askDeadlineMs);
  return {
    machine: machine.name,
    name: "supervisor",
    command: process.execPath,
    args: [programs.supervisor, "--config", files.supervisorConfig],
    logPath: files.log("supervisor"),
    ready: async () => (await client.services()).type === "answer",
  };
}

export function agentsSpec(agents: AgentProcess, data: DataFolder): ChildSpec {
  return {
    machine: agents.machine,
    name: agents.name,
    command: process.execPath,
    args: agentArgs(agents),
    logPath: filesOf(data.machine(agents.machine)).log(agents.name),
    ready: async () => {
      for (const port of agents.healthPorts) {
        const answer = await askPort({ host: "127.0.0.1", port, kind: "tcp" }, askDeadlineMs);
        if (answer !== "heard") return false;
      }
      return true;
    },
  };
}

const Sync = z.object({ sync: z.object({ state: z.string() }) });

/** Whether this hub counts itself in sync with its peer. */
export async function inSync(machine: SiteMachine): Promise<boolean> {
  try {
    const url = `http://${machine.hub.host}:${machine.hub.port}/api/v1/fleet`;
    const answer = await fetch(url, { signal: AbortSignal.timeout(askDeadlineMs) });
    return Sync.parse(await answer.json()).sync.state === "in-sync";
  } catch {
    return false;
  }
}

async function answersOk({ host, port }: { host: string; port: number }, path: string): Promise<boolean> {
  try {
    const answer = await fetch(`http://${host}:${port}${path}`, { signal: AbortSignal.timeout(askDeadlineMs) });
    await answer.arrayBuffer();
    return answer.ok;
  } catch {
    return false;
  }
}
