import { type ChildProcess, fork } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { fault } from "../../support/fault.ts";
import { freePorts } from "../../support/free-ports.ts";
import { type NatsPair, startNatsPair } from "../../support/nats-pair.ts";
import { until } from "../../support/until.ts";

const Line = z.union([
  z.strictObject({ heard: z.array(z.string()) }),
  z.strictObject({ machine: z.string(), verdict: z.string(), reason: z.string() }),
]);

/** A judge in a process of its own. */
class Host {
  readonly process: ChildProcess;
  heard: string[] = [];
  readonly verdicts: { machine: string; verdict: string; reason: string }[] = [];
  readonly #gone: Promise<void>;

  constructor(config: unknown, incarnation: string) {
    const args = ["--config", JSON.stringify(config), "--incarnation", incarnation];
    this.process = fork(join(import.meta.dirname, "judge-host.ts"), args, {
      stdio: ["ignore", "pipe", "ignore", "ipc"],
    });
    this.#gone = new Promise((resolve) => this.process.once("exit", () => resolve()));
    let rest = "";
    this.process.stdout?.setEncoding("utf8").on("data", (text: string) => {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) this.#take(Line.parse(JSON.parse(line)));
    });
  }

  /** What it last said of this machine's hub. */
  of(machine: string): string {
    const last = this.verdicts.findLast((said) => said.machine === machine);
    return last === undefined ? "" : [last.verdict, last.reason].join(" ").trim();
  }

  async kill(): Promise<void> {
    this.process.kill("SIGKILL");
    await this.#gone;
  }

  #take(line: z.infer<typeof Line>): void {
    if ("heard" in line) this.heard = line.heard;
    else this.verdicts.push(line);
  }
}

describe("two judges", () => {
  let nats: NatsPair;
  let folder: string;
  let configs: Record<"mainpc" | "pc2", unknown>;
  let mainpc: Host;
  let pc2: Host;
  let starts = 0;

  const start = (name: "mainpc" | "pc2") => new Host(configs[name], `${name}-${++starts}`);
  const bothAlive = () =>
    until("both alive on all paths", () => {
      const heard = mainpc.heard.length === 3 && pc2.heard.length === 3;
      return heard && mainpc.of("pc2") === "alive" && pc2.of("mainpc") === "alive";
    });

  beforeAll(async () => {
    nats = await startNatsPair();
    folder = mkdtempSync(join(tmpdir(), "tandem-judges-"));
  });

  afterAll(async () => {
    await nats.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  beforeEach(async () => {
    const ports = await freePorts(4);
    const at = (port = 0) => ({ host: "127.0.0.1", port });
    // Nobody answers as the rest of a machine: here the hubs alone are judged.
    const machine = (name: "mainpc" | "pc2", beats?: number, nothing?: number) => ({
      name,
      hubName: name,
      hub: at(nothing),
      beats: at(beats),
      nats: at(nats[name].port),
      monitoring: at(nothing),
      pushgateway: at(nothing),
    });
    const [one, two] = [machine("mainpc", ports[0], ports[1]), machine("pc2", ports[2], ports[3])];
    const config = (self: typeof one, peer: typeof one) => ({
      v: 1,
      machine: self,
      peer,
      agents: [],
      stateDirectory: join(folder, self.name),
    });
    configs = { mainpc: config(one, two), pc2: config(two, one) };
    mainpc = start("mainpc");
    pc2 = start("pc2");
    await bothAlive();
  });

  afterEach(async () => {
    await Promise.all([mainpc.kill(), pc2.kill()]);
  });

  it("hear each other by UDP, TCP and NATS under keys that they made and exchanged by themselves", () => {
    for (const name of ["mainpc", "pc2"])
      for (const key of ["beats.key", "peer-beats.key"]) expect(existsSync(join(folder, name, key)), key).toBe(true);
  });

  it("call a killed peer dead because its ports refuse, and take it up when it was started anew", async () => {
    await pc2.kill();
    await until("pc2 dead", () => mainpc.of("pc2").startsWith("dead"));
    expect(mainpc.of("pc2")).toMatch(/refused$/);
    pc2 = start("pc2");
    await bothAlive();
  });

  it("call a stopped peer dead for its silence, and forgive it when it goes on", async ({ task }) => {
    const fromMs = performance.now();
    pc2.process.kill("SIGSTOP");
    await until("pc2 dead", () => mainpc.of("pc2").startsWith("dead silent for"));
    const seenAfterMs = performance.now() - fromMs;
    pc2.process.kill("SIGCONT");
    await bothAlive();
    fault(task, "hub-frozen", { seenAfterMs: Math.round(seenAfterMs) });
  });

  it("call a peer dead whose main loop stands still, which its judge tells them meanwhile", async ({ task }) => {
    const fromMs = performance.now();
    pc2.process.send({ stallMs: 3_000 });
    await until("pc2 stuck", () => mainpc.of("pc2") === "dead its main loop stands still");
    const seenAfterMs = performance.now() - fromMs;
    await bothAlive();
    fault(task, "hub-stuck", { seenAfterMs: Math.round(seenAfterMs) });
  });
});
