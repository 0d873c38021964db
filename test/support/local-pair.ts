/** Runs `tandem local` as a user would, in a folder and on ports of its own, and speaks with its hubs. */
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { FleetView, LedgerView } from "../../hub/http/api.ts";
import { listProcesses } from "../../ops/local/processes.ts";
import { until } from "./until.ts";

const MachineLine = z.strictObject({
  hub: z.url(),
  pushgateway: z.url(),
  nats: z.url(),
  monitoring: z.url(),
  pids: z.object({ hub: z.number(), pushgateway: z.number(), nats: z.number(), supervisor: z.number() }),
});
const ReadyLine = z.strictObject({
  ready: z.literal(true),
  machines: z.strictObject({ mainpc: MachineLine, pc2: MachineLine }),
  witness: z.strictObject({ nats: z.url(), pids: z.strictObject({ nats: z.number() }) }),
  agents: z.strictObject({
    pids: z.object({ mainpc: z.array(z.number()), pc2: z.array(z.number()) }).catchall(z.array(z.number())),
  }),
});
export type MachineLine = z.infer<typeof MachineLine>;

const root = join(import.meta.dirname, "..", "..");
const readyDeadlineMs = 60_000;

export class LocalPair {
  readonly ready: z.infer<typeof ReadyLine>;
  readonly data: string;
  readonly #process: ChildProcess;
  /** Processes that a test started anew by itself. */
  readonly #restarted: ChildProcess[] = [];

  private constructor(ready: z.infer<typeof ReadyLine>, data: string, child: ChildProcess) {
    this.ready = ready;
    this.data = data;
    this.#process = child;
  }

  static async start(data: string, portOffset: number, ...options: string[]): Promise<LocalPair> {
    const args = ["local", "--json", "--data", data, "--port-offset", String(portOffset), ...options];
    const child = spawn(process.execPath, [join(root, "ops/tandem.ts"), ...args]);
    let output = "";
    let errors = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
    const line = await until(
      "the ready line",
      () => {
        if (child.exitCode !== null) throw new Error(`tandem local ended with ${child.exitCode}:\n${errors}`);
        return output.split("\n").find((candidate) => candidate.startsWith('{"ready"'));
      },
      readyDeadlineMs,
    );
    return new LocalPair(ReadyLine.parse(JSON.parse(line)), data, child);
  }

  get mainpc(): MachineLine {
    return this.ready.machines.mainpc;
  }

  get pc2(): MachineLine {
    return this.ready.machines.pc2;
  }

  /** Kills a machine's three servers at once, or those named; the returned function starts them again as they were. */
  killMachine(machine: MachineLine, ...names: (keyof MachineLine["pids"])[]): () => void {
    const pids = names.length === 0 ? Object.values(machine.pids) : names.map((name) => machine.pids[name]);
    const commands = pids.map((pid) => readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").slice(0, -1));
    for (const pid of pids) process.kill(pid, "SIGKILL");
    return () => {
      for (const [command = "", ...args] of commands)
        this.#restarted.push(spawn(command, args, { stdio: "ignore", detached: true }));
    };
  }

  /** Processes whose command line names this pair's data. */
  processes(): number[] {
    return listProcesses()
      .filter(({ command }) => command.includes(`${this.data}/`))
      .map(({ pid }) => pid);
  }

  /** Sends Ctrl-C and returns the exit code. */
  async stop(): Promise<number | null> {
    for (const child of this.#restarted) child.kill("SIGTERM");
    if (this.#process.exitCode !== null) return this.#process.exitCode;
    const code = new Promise<number | null>((resolve) => this.#process.once("exit", resolve));
    this.#process.kill("SIGINT");
    return await code;
  }
}

export async function fleetOf(machine: Pick<MachineLine, "hub">): Promise<FleetView> {
  return FleetView.parse(await (await fetch(`${machine.hub}/api/v1/fleet`)).json());
}

export async function ledgerOf(machine: Pick<MachineLine, "hub">): Promise<LedgerView> {
  return LedgerView.parse(await (await fetch(`${machine.hub}/api/v1/ledger`)).json());
}

export async function metricsOf(base: string): Promise<string> {
  return await (await fetch(`${base}/metrics`)).text();
}

/** Pushes one gauge; returns the status and how far it was replicated. */
export async function pushTo(machine: Pick<MachineLine, "hub">, job: string, value: number): Promise<string> {
  const body = `# TYPE e2e_value gauge\ne2e_value ${value}\n`;
  const answer = await fetch(`${machine.hub}/metrics/job/${job}`, { method: "PUT", body });
  return `${answer.status} ${answer.headers.get("tandem-replication")}`;
}
