/** Lets both ways live through the same outages and measures how long each takes to heal. */
import { setTimeout as sleep } from "node:timers/promises";
import { held, settled } from "./settle.ts";
import { type Row, type Sizes, ways } from "./ways.ts";
import { World } from "./world.ts";
import { Writer } from "./writer.ts";

export interface Outage {
  what: string;
  begin(world: World): void | Promise<void>;
  heal(world: World): Promise<void>;
  seconds: number;
  /** Whether mainpc goes on writing meanwhile. */
  mainpcWrites: boolean;
}

/** Both ways live through the same outages, each in a world of its own: the best and the worst of the rounds. */
export async function outages(program: string, trial: Outage, sizes: Sizes): Promise<Row[]> {
  const rounds: Healed[][] = [];
  for (let round = 0; round < sizes.rounds; round++) rounds.push(await outage(program, trial, sizes));
  const row = (what: string, unit: string, pick: (healed: Healed[]) => number | undefined): Row => {
    const [mirror, copier] = [0, 1].map((way) => pick(rounds.flatMap((round) => round[way] ?? [])));
    return { what: `${trial.what}: ${what}`, unit, mirror, copier };
  };
  const took = (healed: Healed[]) => healed.map(({ tookMs }) => tookMs ?? Number.POSITIVE_INFINITY);
  const finite = (ms: number) => (Number.isFinite(ms) ? ms : undefined);
  return [
    row(`healed after, best of ${sizes.rounds}`, "ms", (healed) => finite(Math.min(...took(healed)))),
    row(`healed after, worst of ${sizes.rounds}`, "ms", (healed) => finite(Math.max(...took(healed)))),
    row("missing in the end", "batches", (healed) => healed.reduce((sum, { missing }) => sum + missing, 0)),
  ];
}

interface Healed {
  /** From the outage's end until the copy has all. Undefined when patience ran out. */
  tookMs: number | undefined;
  missing: number;
}

async function outage(program: string, trial: Outage, sizes: Sizes): Promise<Healed[]> {
  const world = await World.start(program);
  const paths = ways.map((way) => way(world));
  const writer = new Writer(world.onMainpc);
  for (const path of paths) await path.start();
  await writer.writeMany(200);
  for (const path of paths) await settled(path, writer, 30_000);

  await trial.begin(world);
  if (trial.mainpcWrites) {
    const endMs = performance.now() + trial.seconds * 1_000;
    await writer.writeSteadily(50, () => performance.now() > endMs);
  } else await sleep(trial.seconds * 1_000);

  for (const path of paths) {
    const last = await path.last();
    if (trial.mainpcWrites && last !== undefined && writer.numberOf(last) >= writer.written)
      throw new Error(`${trial.what}: the ${path.name} went on meanwhile, so nothing was measured`);
  }
  await trial.heal(world);
  const healedMs = performance.now();
  await world.ready();
  await writer.write();
  const tookMs = await Promise.all(
    paths.map((path) =>
      settled(path, writer, sizes.patienceSeconds * 1_000).then(
        () => performance.now() - healedMs,
        () => undefined,
      ),
    ),
  );
  const healed: Healed[] = [];
  for (const [way, path] of paths.entries()) {
    const missing = writer.written - (await held(path, writer.incarnation));
    healed.push({ tookMs: tookMs[way], missing });
    await path.stop();
  }
  await world.stop();
  return healed;
}
