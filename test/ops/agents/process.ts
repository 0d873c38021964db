/** Starts the real processes of agents in a temporary data folder, with hubs that only remember what was pushed. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { controlSocketPath, type HostConfigInput, type HostedAgent } from "../../../ops/local/agents/config.ts";
import { freePorts } from "../../support/free-ports.ts";

const agentsFolder = join(import.meta.dirname, "../../../ops/local/agents");

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface AgentProcess {
  child: ChildProcess;
  /** Rejects with what it said on standard error when it ends before. */
  ready: Promise<{ ready: true; machine: string; pid: number; agents: string[] }>;
  ended: Promise<Ended>;
}

export function dataFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "tandem-agents-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Agents named as given, on quiet ports of loopback. */
export async function someAgents(...kinds: [name: string, kind: HostedAgent["kind"]][]): Promise<HostedAgent[]> {
  const ports = await freePorts(kinds.length * 3);
  return kinds.map(([name, kind], index) => {
    const [port = 0, healthPort = 0, httpPort = 0] = ports.slice(index * 3);
    return { name, group: "test", host: "127.0.0.1", port, healthPort, httpPort, kind };
  });
}

/** Writes `<data>/<machine>/<process>.json`; gives its path. */
export function writeConfig(
  data: string,
  process: string,
  config: Partial<HostConfigInput> & Pick<HostConfigInput, "agents">,
): string {
  const machine = config.machine ?? "mainpc";
  const file = join(data, machine, `${process}.json`);
  mkdirSync(join(data, machine), { recursive: true });
  const controlSocket = controlSocketPath(data, machine, process);
  writeFileSync(file, JSON.stringify({ machine, controlSocket, hubs: [], pushIntervalMs: 100, ...config }));
  return file;
}

export function startProcess(program: "host.ts" | "pilot.ts", configFile: string): AgentProcess {
  const child = spawn(process.execPath, [join(agentsFolder, program), "--config", configFile], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const said = { stdout: "", stderr: "" };
  child.stderr.on("data", (chunk) => {
    said.stderr += chunk;
  });
  const ended = new Promise<Ended>((resolve) => child.on("close", (code) => resolve({ code, ...said })));
  const ready = new Promise<Awaited<AgentProcess["ready"]>>((resolve, reject) => {
    child.stdout.on("data", (chunk) => {
      said.stdout += chunk;
      const end = said.stdout.indexOf("\n");
      if (end !== -1) resolve(JSON.parse(said.stdout.slice(0, end)));
    });
    void ended.then(({ stderr }) => reject(new Error(`it ended: ${stderr}`)));
  });
  // Who waits for the end only does not care that it never became ready.
  ready.catch(() => {});
  return { child, ready, ended };
}

export interface RememberingHub {
  url: string;
  /** `METHOD path` of each push. */
  pushes: string[];
  bodies: string[];
  /** Set to true, it remembers pushes and never answers them. */
  hangs: boolean;
  /** Frees its port, as a killed hub does. */
  die(): Promise<void>;
  /** Takes pushes again, on the port that it had. */
  comeBack(): Promise<void>;
}

export async function rememberingHub(): Promise<RememberingHub> {
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => {
      body += chunk;
    });
    request.on("end", () => {
      hub.pushes.push(`${request.method} ${request.url}`);
      hub.bodies.push(body);
      if (!hub.hangs) response.writeHead(200).end();
    });
  });
  const listen = (port: number) => new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  await listen(0);
  const { port } = server.address() as AddressInfo; // a TCP server's address is never a path
  const die = async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  };
  onTestFinished(() => void die());
  const hub: RememberingHub = {
    url: `http://127.0.0.1:${port}`,
    pushes: [],
    bodies: [],
    hangs: false,
    die,
    comeBack: () => listen(port),
  };
  return hub;
}
