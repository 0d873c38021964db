/** A pair of the lab on which `tandem deploy` is tried, with a fleet whose programs say which version they are. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect } from "vitest";
import { orderSocket } from "../../../components/hub-paths.ts";
import type { ServiceJson } from "../../../hub/http/api.ts";
import { orderProgram } from "../../../ops/deploy/orders.ts";
import { environmentOf, listProcesses } from "../../../ops/local/processes.ts";
import { askServices } from "../../../ops/site/ask-services.ts";
import { DeployFleet, plainPort } from "./deploy-fleet.ts";
import { Running } from "./deploy-run.ts";
import { DeployedPair, type PairOptions, type Stack, stacks } from "./deployed-pair.ts";

/** Its id, in a shell of its machine. */
export const runningHub = "$(docker ps -q --filter label=tandem.role=hub | head -n 1)";
export const say = (line: string) => void process.stderr.write(`${line}\n`);
export const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;
/** Two machines and all that runs on them share one computer. */
export const testMs = 1_200_000;

export interface Ended {
  text: string;
  stdout: string;
  tookMs: number;
}

export class DeploySite {
  readonly pair: DeployedPair;
  readonly fleet: DeployFleet;
  /** Options that open the CA's kept key. */
  readonly ca: readonly string[];
  readonly #cache: string;

  private constructor(pair: DeployedPair) {
    this.pair = pair;
    this.fleet = new DeployFleet(pair.lab.stackConfig("mainpc").images?.hubBase ?? "");
    this.ca = ["--ca-passphrase-file", pair.engine.file("ca.pass", "keep it closed\n")];
    this.#cache = mkdtempSync(join(tmpdir(), "tandem-deploy-cache-"));
    pair.engine.env.XDG_CACHE_HOME = this.#cache;
  }

  static async prepare(name: string, options: PairOptions = {}): Promise<DeploySite> {
    const site = new DeploySite(await DeployedPair.prepare(name, say, options));
    const made = await site.pair.engine.tandem("init", "--answers", site.pair.answers(), ...site.ca);
    expect(made.code, made.text).toBe(0);
    await site.set("limits.natsMemoryMb", "512");
    await site.set("jetstream.maxMemoryMb", "256");
    await site.set("fleet.directory", site.fleet.dir);
    return site;
  }

  async remove(): Promise<void> {
    this.fleet.remove();
    rmSync(this.#cache, { recursive: true, force: true });
    await this.pair.remove();
  }

  /** In both stacks. */
  async set(path: string, value: string): Promise<void> {
    for (const stack of stacks) await this.pair.engine.set(stack, path, value);
  }

  /** A command that must end so; what it said is shown when it does not. */
  async tandem(code: number, ...args: string[]): Promise<Ended> {
    const startMs = performance.now();
    const running = this.start(...args);
    const ended = await running.ended;
    const tookMs = performance.now() - startMs;
    say(`tandem ${args.join(" ")}: ${seconds(tookMs)}, ends with ${ended}`);
    expect(ended, running.text).toBe(code);
    return { text: running.text, stdout: running.stdout, tookMs };
  }

  deploy(...args: string[]): Promise<Ended> {
    return this.tandem(0, "deploy", "--yes", ...args);
  }

  start(...args: string[]): Running {
    return new Running(this.pair.engine, ...args);
  }

  /** Both machines are whole and as the folder says, and the lock is free. */
  async settled(): Promise<void> {
    await this.pair.whole();
    expect((await this.tandem(0, "deploy")).stdout).toMatch(/^no changes$/m);
  }

  url(stack: Stack, port: number): string {
    return `http://${this.pair.lab[stack].address}:${port}/`;
  }

  /** Which version answers. */
  async version(stack: Stack, port: number): Promise<unknown> {
    const answer = await fetch(this.url(stack, port), { signal: AbortSignal.timeout(5_000) });
    return ((await answer.json()) as { version: unknown }).version; // deploy-fleet.ts has the program
  }

  plain(): Promise<unknown> {
    return this.version("mainpc", plainPort);
  }

  async roamer(stack: Stack = "mainpc"): Promise<ServiceJson | undefined> {
    return (await askServices(this.pair.at(stack).hub))?.find(({ name }) => name === "Roamer");
  }

  async isHome(): Promise<boolean> {
    const seen = await Promise.all(stacks.map((stack) => this.roamer(stack)));
    return seen.every((one) => one?.state === "home");
  }

  /** An operator's order on pc2. */
  async switchover(to: Stack): Promise<void> {
    const orders = [{ method: "POST", path: "/api/v1/services/Roamer/switchover", body: { to } }];
    const input = JSON.stringify({ base: this.pair.at("pc2").hub, socket: orderSocket, orders, deadlineMs: 15_000 });
    const give = `printf %s '${input}' | docker exec --interactive ${runningHub} node -e '${orderProgram}'`;
    const said: unknown = JSON.parse(await this.pair.lab.pc2.exec(give));
    expect(said).toEqual([{ status: 200, body: expect.stringContaining('"ok":true') }]);
  }

  /** The engine's processes, plugins included: their environment names this site's backend. */
  enginePids(): number[] {
    const folder = dirname(this.pair.engine.site);
    return listProcesses().flatMap(({ pid, command }) =>
      !/vitest/.test(command) && pid !== process.pid && environmentOf(pid).includes(folder) ? pid : [],
    );
  }
}
