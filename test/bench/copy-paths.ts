/**
 * Measures the two ways to copy a machine's records to its peer, side by side: a mirror that nats-server keeps, and the hub's
 * copier. Run: `npm run bench:copy`.
 */
import { availableParallelism } from "node:os";
import { ensureTool } from "../../ops/tools/ensure-tool.ts";
import { askVersion, formatVersion } from "../../ops/tools/version.ts";
import { optionsOrEnd } from "../support/command-options.ts";
import { type Outage, outages } from "./copy/outages.ts";
import { lag, lostDisk, throughput } from "./copy/trials.ts";
import type { Row, Sizes } from "./copy/ways.ts";
import { stopAllWorlds } from "./copy/world.ts";

const help = `npm run bench:copy [-- --quick] [--json]

Prints its figures, in about seven minutes.

  --quick  a look, in a minute and a half
  --json   one JSON object instead of the table
`;
const options = optionsOrEnd("bench:copy", help, {
  json: { type: "boolean", default: false },
  quick: { type: "boolean", default: false },
});

const sizes: Sizes = options.quick
  ? {
      lagPerSecond: 100,
      lagSeconds: 4,
      smallBatches: 1_000,
      largeBatches: 200,
      recordsPerLargeBatch: 64,
      downSeconds: 2,
      cutSeconds: 4,
      rounds: 1,
      patienceSeconds: 30,
    }
  : {
      lagPerSecond: 100,
      lagSeconds: 20,
      smallBatches: 10_000,
      largeBatches: 2_000,
      recordsPerLargeBatch: 64,
      downSeconds: 5,
      cutSeconds: 15,
      rounds: 3,
      patienceSeconds: 60,
    };

const trials: Outage[] = [
  {
    what: `mainpc's NATS killed for ${sizes.downSeconds} s`,
    begin: (world) => world.mainpc.kill(),
    heal: (world) => world.mainpc.start(),
    seconds: sizes.downSeconds,
    mainpcWrites: false,
  },
  {
    what: `pc2's NATS killed for ${sizes.downSeconds} s`,
    begin: (world) => world.pc2.kill(),
    heal: (world) => world.pc2.start(),
    seconds: sizes.downSeconds,
    mainpcWrites: true,
  },
  {
    what: `leaf cut for ${sizes.cutSeconds} s`,
    begin: (world) => world.link.cut(),
    heal: (world) => world.link.open(),
    seconds: sizes.cutSeconds,
    mainpcWrites: true,
  },
  {
    what: `leaf frozen for ${sizes.cutSeconds} s`,
    begin: (world) => world.link.freeze(),
    heal: (world) => world.link.open(),
    seconds: sizes.cutSeconds,
    mainpcWrites: true,
  },
];

const say = (line: string) => void process.stderr.write(`${line}\n`);

for (const [signal, code] of [
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const) {
  process.once(signal, () => {
    say("stopping the servers, removing their folders");
    void stopAllWorlds().finally(() => process.exit(code));
  });
}

const rows: Row[] = [];
const program = await ensureTool("nats-server", say);
const on = {
  natsServer: formatVersion(await askVersion(program)),
  node: process.versions.node,
  cores: availableParallelism(),
};
try {
  say("lag");
  rows.push(...(await lag(program, sizes)));
  say("throughput");
  rows.push(await throughput(program, sizes.smallBatches, 1));
  rows.push(await throughput(program, sizes.largeBatches, sizes.recordsPerLargeBatch));
  for (const trial of trials) {
    say(trial.what);
    rows.push(...(await outages(program, trial, sizes)));
  }
  say("lost disk");
  rows.push(...(await lostDisk(program, sizes)));
} finally {
  await stopAllWorlds();
}
if (options.json) process.stdout.write(`${JSON.stringify({ on, sizes, rows }, null, 2)}\n`);
else printTable();
process.exit();

function printTable(): void {
  process.stdout.write(`nats-server ${on.natsServer}, Node ${on.node}, ${on.cores} cores\n\n`);
  const lines = [["", "unit", "mirror", "copier", "copier : mirror"], ...rows.map(cells)];
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  for (const line of lines) {
    const padded = line.map((cell, i) => (i < 2 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)));
    process.stdout.write(`${padded.join("  ").trimEnd()}\n`);
  }
}

function cells({ what, unit, mirror, copier }: Row): string[] {
  const ratio = mirror && copier !== undefined ? (copier / mirror).toFixed(2) : "";
  return [what, unit, shown(mirror), shown(copier), ratio];
}

function shown(value: number | undefined): string {
  if (value === undefined) return "never";
  return value >= 100 || Number.isInteger(value) ? value.toFixed(0) : value.toFixed(1);
}
