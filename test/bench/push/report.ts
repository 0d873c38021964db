/** Writes docs/benchmarks.md from a bench's figures. */
import type { Environment, Figures, Point } from "./figures.ts";
import { type ServerName, serverNames } from "./servers.ts";
import { type Target, targets } from "./targets.ts";

const mib = 1024 ** 2;

export function report(figures: Figures): string {
  const { many, copy, floor, idleCpu, environment } = figures;
  const each = <V>(values: Record<ServerName, V>, shown: (value: V) => string) =>
    serverNames.map((name) => shown(values[name]));
  return [
    "# Benchmarks",
    "",
    "Written by `npm run bench`: a real Pushgateway, the same without its consistency check, and a pair of hubs, side by side in one",
    "run with the same client. The pair is whole: two hubs, two nats-servers that sync each message to disk, two Pushgateways behind;",
    "it is in sync, its check is on, and each answer waits for both disks. The Pushgateway keeps pushes in memory and writes a file every five",
    "minutes. Client, hub, both NATS and the peer's hub share the computer's cores: a hub on a machine of its own has more of them.",
    "",
    ...(figures.quick ? ["**A quick run: these figures mean nothing.**", ""] : []),
    ...environmentLines(environment),
    "",
    "## What is to be reached",
    "",
    ...table(["", "goal", "found", ""], targets(figures).map(targetRow)),
    "",
    "## Pushes per second",
    "",
    ...table(
      ["groups", "series", "connections", "Pushgateway", "unchecked", "hub", "hub : Pushgateway", "hub : unchecked"],
      [...figures.points, many.point].map(rateRow),
    ),
    "",
    "## Time to the answer, p50 / p99, ms",
    "",
    ...table(
      ["groups", "series", "connections", "Pushgateway", "unchecked", "hub", "hub's p99 : Pushgateway's"],
      [...figures.points, many.point].map(latencyRow),
    ),
    "",
    `## At ${many.groups} groups × 5 series`,
    "",
    ...table(
      ["", "Pushgateway", "unchecked", "hub"],
      [
        ["GET /metrics, ms", ...each(many.getMs, number)],
        ["its bytes, MiB", ...each(many.getBytes, (bytes) => number(bytes / mib))],
        ["memory, MiB", ...each(many.residentBytes, (bytes) => number(bytes === undefined ? undefined : bytes / mib))],
      ],
    ),
    "",
    `The checked Pushgateway started with a file of these groups, since filling it would take an hour. The hub's \`/livez\` waited ${number(many.stallMs.rendering)} ms`,
    `at most while \`/metrics\` was read, ${number(many.stallMs.snapshot)} ms while snapshots were written, ${number(many.stallMs.idle)} ms while nothing was.`,
    `Killed and started again, the hub was ready after ${number(many.restartMs)} ms.`,
    "",
    "## The rest",
    "",
    `- At ${copy.perSecond} pushes/s: answered ${number(copy.p50Ms)} ms (p50), ${number(copy.p99Ms)} ms (p99) after each was due, ${number(copy.peerShare * 100)} % with \`peer\`; the copy is older than the answer.`,
    `- A synced write of 512 bytes took ${number(floor.syncMs)} ms (p50), a bare node:http PUT ${number(floor.bareMs)} ms.`,
    ...idleLines(idleCpu),
    "",
  ].join("\n");
}

function idleLines({ agents, share }: Figures["idleCpu"]): string[] {
  const each = Object.entries(share).map(([machine, used]) => `${machine}'s hub ${number(used && used * 100)} %`);
  return each.length === 0 ? [] : [`- Idle, with ${agents} agents: ${each.join(", ")} of a core.`];
}

function environmentLines(on: Environment): string[] {
  const memory = (on.memoryBytes / 1024 ** 3).toFixed(0);
  return [
    `${on.date}; ${on.cpu}, ${on.cores} cores, ${memory} GiB, ${on.kernel}; Node ${on.node}, nats-server ${on.natsServer}, Pushgateway ${on.pushgateway}.`,
    `Load of the computer before: ${on.loadBefore.toFixed(1)}.`,
  ];
}

function targetRow({ what, goal, found, unit, reached }: Target): string[] {
  const verdict = reached === undefined ? "not measured" : reached ? "reached" : "**not reached**";
  return [what, goal, `${number(found)} ${unit}`, verdict];
}

function rateRow({ groups, series, connections, of }: Point): string[] {
  const rates = serverNames.map((name) => number(of[name].perSecond));
  const ratios = [of.pushgateway, of.unchecked].map((other) => number(of.hub.perSecond / other.perSecond));
  return [String(groups), String(series), String(connections), ...rates, ...ratios];
}

function latencyRow({ groups, series, connections, of }: Point): string[] {
  const times = serverNames.map((name) => `${number(of[name].p50Ms)} / ${number(of[name].p99Ms)}`);
  return [String(groups), String(series), String(connections), ...times, number(of.hub.p99Ms / of.pushgateway.p99Ms)];
}

function table(head: string[], rows: string[][]): string[] {
  const line = (cells: string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map((_, i) => (i === 0 ? "---" : "---:"))), ...rows.map(line)];
}

/** Three digits that count. */
function number(value: number | undefined): string {
  if (value === undefined || !Number.isFinite(value)) return "–";
  if (Math.abs(value) >= 100) return value.toFixed(0);
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
