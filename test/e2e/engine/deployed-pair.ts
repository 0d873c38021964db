/** A lab with an engine, and the pair that was put on it: what the tests of an `up` ask of both. */
import { mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { down } from "../../lab/containers.ts";
import { Lab, type LabOptions } from "../../lab/lab.ts";
import type { SshAgent } from "../../lab/ssh.ts";
import { fleetOf, ledgerOf } from "../../support/local-pair.ts";
import { until } from "../../support/until.ts";
import { Engine } from "./engine.ts";

export const stacks = ["mainpc", "pc2"] as const;
export type Stack = (typeof stacks)[number];

/** A pair heals within seconds; the lab's machines share one computer. */
const healMs = 90_000;

export interface PairOptions extends Pick<LabOptions, "satellite" | "extras"> {
  /** @default those of the repository's stacks */
  hubPorts?: Record<Stack, number>;
}

export class DeployedPair {
  lab: Lab;
  /** Whether hubs are asked by TLS. */
  speaksTls = false;
  readonly engine: Engine;
  readonly #agent: SshAgent;
  readonly #hubPorts: Record<Stack, number>;
  #addresses: Record<Stack, string> | undefined;

  private constructor(lab: Lab, engine: Engine, agent: SshAgent, hubPorts: Record<Stack, number>) {
    this.lab = lab;
    this.engine = engine;
    this.#agent = agent;
    this.#hubPorts = hubPorts;
  }

  /** A new lab and a new site, with nothing on the machines yet. */
  static async prepare(
    name: string,
    say: (line: string) => void,
    { hubPorts = { mainpc: 9000, pc2: 9100 }, ...options }: PairOptions = {},
  ): Promise<DeployedPair> {
    // The provider's ssh puts its shared connection there.
    mkdirSync(join(homedir(), ".ssh"), { recursive: true, mode: 0o700 });
    await down(name, { volumes: true });
    const lab = await Lab.up({ name, say, ...options });
    const agent = await lab.sshAgent();
    return new DeployedPair(lab, new Engine(agent.env.SSH_AUTH_SOCK), agent, hubPorts);
  }

  /** What an operator answers to `tandem init`, for the lab's machines. */
  answers(): string {
    const machine = (stack: Stack) => {
      const { address, hostKey } = this.lab[stack];
      return { address, hostKey, hubPort: this.#hubPorts[stack] };
    };
    const { images, references } = this.lab.stackConfig("mainpc");
    const answers = { mainpc: machine("mainpc"), pc2: machine("pc2"), images, references, agents: true };
    return this.engine.file("answers.yaml", stringify(answers));
  }

  at(stack: Stack): { hub: string; pushgateway: string } {
    const address = this.#addresses?.[stack] ?? this.lab[stack].address;
    const scheme = this.speaksTls ? "https" : "http";
    return { hub: `${scheme}://${address}:${this.#hubPorts[stack]}`, pushgateway: `http://${address}:9091` };
  }

  /** Another machine in the place of this one: without data, and with a host key of its own. */
  async remake(stack: Stack): Promise<void> {
    await this.lab.destroy(stack);
    this.lab = await Lab.up({ name: this.lab.plan.name });
  }

  /** From now on both answer there. */
  move(addresses: Record<Stack, string>): void {
    this.#addresses = addresses;
  }

  /** Waits until both hubs are in sync and neither misses a record. */
  async whole(): Promise<void> {
    for (const stack of stacks) {
      await until(
        `${stack} in sync and with two copies of all`,
        async () => {
          const [fleet, ledger] = await Promise.all([fleetOf(this.at(stack)), ledgerOf(this.at(stack))]).catch(
            () => [],
          );
          return fleet?.sync.state === "in-sync" && ledger?.missing === 0 && ledger.copies === 2;
        },
        healMs,
      );
    }
  }

  /** Ids of a machine's containers by name, the hub's and the router's without what was generated: another id is another container. */
  async containers(stack: Stack): Promise<Record<string, string>> {
    const text = await this.lab[stack].exec("docker ps -a --no-trunc --format '{{.Names}} {{.ID}}'");
    const lines = text.split("\n").map((line) => line.split(" "));
    return Object.fromEntries(
      lines.map(([name = "", id = ""]) => [name.replace(/(-(?:hub|router))-[0-9a-f]{7}$/, "$1"), id]),
    );
  }

  async remove(): Promise<void> {
    await this.#agent.stop();
    this.engine.remove();
    await down(this.lab.plan.name, { volumes: true });
  }
}
