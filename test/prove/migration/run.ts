/**
 * Migrates the agents of a real pair while things go wrong: the wrong inventory, an agent that turns ill in its watch window, SIGKILL of
 * the command and of a hub in the middle; then counts what came of it.
 */
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { fleetDir } from "../../../fleet/load.ts";
import { askFleet, findAgent, setFault } from "../../../ops/local/agents/directory.ts";
import { lookAtPair } from "../../../ops/migrate/look.ts";
import { sightOf } from "../../../ops/migrate/sight.ts";
import { fleetOf, LocalPair, ledgerOf } from "../../support/local-pair.ts";
import { until } from "../../support/until.ts";
import { MigrateCommand } from "./command.ts";

export interface ProofOptions {
  dir: string;
  portOffset: number;
  agents: "pilots" | "all";
  /** Turns ill in its watch window. */
  faulty: string;
  /** Words of the command at which it is killed. */
  killCommandAt: RegExp;
  /** Likewise, at which pc2's hub is killed. */
  killHubAt: RegExp;
  /** Options of each run. @example ["--watch", "3s"] */
  run: string[];
  say(line: string): void;
}

export interface MigrationProof {
  agents: number;
  done: number;
  /** Of all runs together, ms. */
  tookMs: number;
  /** From the fault to the end of its undoing, ms. */
  undoneAfterMs: number;
  /** What the command said of it. */
  undone: string;
  problems: string[];
}

const Status = z.object({
  total: z.number(),
  counts: z.record(z.string(), z.number()),
  batches: z.array(z.object({ agents: z.array(z.object({ agent: z.string(), stage: z.string() })) })),
});

export async function proveMigration(options: ProofOptions): Promise<MigrationProof> {
  const { dir, portOffset, say } = options;
  const pair = await LocalPair.start(join(dir, "data"), portOffset, "--agents", options.agents);
  try {
    await until(
      "health of all",
      async () => (await fleetOf(pair.pc2)).agents.every(({ health }) => health === "healthy"),
      60_000,
    );
    return await new Proof(pair, options).play();
  } finally {
    say("stopping the pair");
    await pair.stop();
  }
}

class Proof {
  readonly #pair: LocalPair;
  readonly #options: ProofOptions;
  readonly #problems: string[] = [];
  #tookMs = 0;

  constructor(pair: LocalPair, options: ProofOptions) {
    this.#pair = pair;
    this.#options = options;
  }

  async play(): Promise<MigrationProof> {
    await this.#wrongInventory();
    const { undone, undoneAfterMs } = await this.#faultyAgent();
    await this.#killedCommand();
    await this.#killedHub();
    const { total, counts } = await this.#status();
    this.#must(counts.done === total, `${counts.done} of ${total} are done`);
    await this.#nothingLost();
    const figures = { agents: total, done: counts.done ?? 0, tookMs: this.#tookMs };
    return { ...figures, undoneAfterMs, undone, problems: this.#problems };
  }

  async #wrongInventory(): Promise<void> {
    const { dir, faulty, say } = this.#options;
    const name = faulty.split("/")[1] ?? "";
    const folder = join(dir, "fleet");
    mkdirSync(folder);
    for (const file of readdirSync(fleetDir).filter((one) => one.endsWith(".yaml"))) {
      cpSync(join(fleetDir, file), join(folder, file));
      const text = readFileSync(join(folder, file), "utf8");
      writeFileSync(join(folder, file), text.replaceAll(new RegExp(`\\b${name}\\b`, "g"), `${name}Two`));
    }
    const command = this.#run("--fleet", folder);
    const code = await command.ended;
    this.#must(
      code === 1 && /not the one of/.test(command.text),
      `the wrong inventory ended with ${code}: ${command.text}`,
    );
    const { counts, total } = await this.#status();
    this.#must(counts.waiting === total, "the wrong inventory has moved something");
    say("the wrong inventory was refused, and nothing was moved");
  }

  async #faultyAgent(): Promise<Pick<MigrationProof, "undone" | "undoneAfterMs">> {
    const { faulty, say } = this.#options;
    const [machine, name = ""] = faulty.split("/");
    const found = findAgent(await askFleet(this.#pair.data), name, machine);
    const command = this.#run();
    await command.says(new RegExp(`^${faulty}: watch$`));
    const faultMs = performance.now();
    await setFault(found, { kind: "faulty", status: "error", message: "its model is gone" });
    const { atMs, text } = await command.says(new RegExp(`^${faulty}: undone`));
    const code = await this.#end(command);
    this.#must(code === 1, `a run with an agent that was taken back ended with ${code}`);
    this.#must(/its model is gone/.test(text), `it is not said why: ${text}`);
    this.#must(command.stdout.includes(faulty), `the end does not name ${faulty}: ${command.stdout}`);
    const sights = await this.#sightsOf(faulty);
    const left = sights.filter(({ own, shadow }) => own?.revision !== undefined || shadow !== undefined);
    this.#must(left.length === 0, `groups of ${faulty} are left at ${left.map(({ hub }) => hub).join(" and ")}`);
    await setFault(found, { kind: "none" });
    say(`${text} (${((atMs - faultMs) / 1_000).toFixed(1)} s after its fault)`);
    return { undone: text, undoneAfterMs: Math.round(atMs - faultMs) };
  }

  async #killedCommand(): Promise<void> {
    const { killCommandAt, say } = this.#options;
    const startMs = performance.now();
    const command = this.#run();
    const { text } = await command.says(killCommandAt);
    await command.kill();
    this.#tookMs += performance.now() - startMs;
    const before = await this.#status();
    this.#must(
      before.batches.some(({ agents }) => agents.some(({ stage }) => stage === "cutover" || stage === "watch")),
      "nothing was under way when the command was killed",
    );
    say(`SIGKILL of the command after "${text}", with ${before.counts.done} done`);
  }

  async #killedHub(): Promise<void> {
    const { killHubAt, say } = this.#options;
    const command = this.#run();
    const { text } = await command.says(killHubAt);
    this.#pair.killMachine(this.#pair.pc2, "hub");
    say(`SIGKILL of pc2's hub after "${text}"`);
    const code = await this.#end(command);
    this.#must(code === 0, `the last run ended with ${code}: ${command.text}`);
  }

  async #nothingLost(): Promise<void> {
    const machines = [this.#pair.mainpc, this.#pair.pc2];
    await until("copies", async () => (await Promise.all(machines.map(ledgerOf))).every(({ copies }) => copies === 2));
    for (const { machine, missing, duplicates } of await Promise.all(machines.map(ledgerOf)))
      this.#must(missing === 0 && duplicates === 0, `${machine}: missing ${missing}, duplicates ${duplicates}`);
    const agents = (await fleetOf(this.#pair.mainpc)).agents.filter(({ isHub }) => !isHub);
    const look = await lookAtPair(this.#hubs);
    for (const { machine, name } of agents) {
      for (const show of look.shows) {
        const { own, shadow } = sightOf(show, machine, name);
        this.#must(own?.revision !== undefined, `${show.hub} has no push of ${machine}/${name} by a hub file`);
        this.#must(shadow === undefined, `${show.hub} still has the shadow of ${machine}/${name}`);
      }
    }
  }

  #run(...more: string[]): MigrateCommand {
    return new MigrateCommand(this.#pair.data, "run", "--yes", ...this.#options.run, ...more);
  }

  async #end(command: MigrateCommand): Promise<number | null> {
    const startMs = command.lines[0]?.atMs ?? performance.now();
    const code = await command.ended;
    this.#tookMs += performance.now() - startMs;
    return code;
  }

  async #status(): Promise<z.infer<typeof Status>> {
    const command = new MigrateCommand(this.#pair.data, "status", "--json");
    await command.ended;
    return Status.parse(JSON.parse(command.stdout));
  }

  async #sightsOf(id: string) {
    const [machine = "", name = ""] = id.split("/");
    return (await lookAtPair(this.#hubs)).shows.map((show) => sightOf(show, machine, name));
  }

  get #hubs(): Map<string, string> {
    return new Map([
      ["mainpc", this.#pair.mainpc.hub],
      ["pc2", this.#pair.pc2.hub],
    ]);
  }

  #must(holds: boolean, problem: string): void {
    if (!holds) this.#problems.push(problem);
  }
}
