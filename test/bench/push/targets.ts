/** What the hub is to reach against a Pushgateway, and whether it does. */
import type { Figures, Point } from "./figures.ts";

export interface Target {
  what: string;
  /** What is to be reached, for people: `≥ 50`. */
  goal: string;
  found: number | undefined;
  unit: string;
  reached: boolean | undefined;
}

export function targets(figures: Figures): Target[] {
  const { many, copy, floor, idleCpu } = figures;
  const at = (groups: number, series: number, connections: number) =>
    figures.points.find((p) => p.groups === groups && p.series === series && p.connections === connections);
  const most = Math.max(...figures.points.map(({ connections }) => connections));
  const rate = (what: string, point: Point | undefined, than: "pushgateway" | "unchecked", goal: number) =>
    atLeast(
      `${what}: hub's pushes/s : ${than === "pushgateway" ? "Pushgateway's" : "unchecked Pushgateway's"}`,
      goal,
      point && point.of.hub.perSecond / point.of[than].perSecond,
      "×",
    );
  const floorMs = floor.syncMs + floor.bareMs;
  const { hub } = many.point.of;
  const idle = Object.values(idleCpu.share).flatMap((share) => share ?? []);
  const memory = many.residentBytes;
  const worst = (series: number) => {
    const point = at(200, series, 16);
    return atMost(
      `200 groups × ${series} series, 16 connections: hub's p99 : Pushgateway's`,
      1,
      point && point.of.hub.p99Ms / point.of.pushgateway.p99Ms,
      "×",
    );
  };
  return [
    rate(`200 groups × 100 series, ${most} connections`, at(200, 100, most), "pushgateway", 50),
    rate(`200 groups × 100 series, ${most} connections`, at(200, 100, most), "unchecked", 1),
    rate(`200 groups × 100 series, ${most} connections (stretch)`, at(200, 100, most), "unchecked", 1.3),
    rate(`200 groups × 5 series, ${most} connections`, at(200, 5, most), "pushgateway", 20),
    rate(`1 group × 5 series, ${most} connections`, at(1, 5, most), "pushgateway", 5),
    rate(`${many.groups} groups × 5 series, 16 connections`, many.point, "pushgateway", 500),
    atLeast(
      `hub's pushes/s at ${many.groups} groups : at 200`,
      0.8,
      ratio(hub.perSecond, at(200, 5, 16)?.of.hub.perSecond),
      "×",
    ),
    atMost(
      "one connection, 1 group × 5 series: hub's p50 : (synced write + bare PUT)",
      3,
      ratio(at(1, 5, 1)?.of.hub.p50Ms, floorMs),
      "×",
    ),
    worst(5),
    worst(100),
    atLeast(
      `GET /metrics at ${many.groups} groups: Pushgateway's time : hub's`,
      5,
      many.getMs.pushgateway / many.getMs.hub,
      "×",
    ),
    atMost("longest stall of the hub's event loop while /metrics is read", 50, many.stallMs.rendering, "ms"),
    atMost("longest stall while snapshots are written", 50, many.stallMs.snapshot, "ms"),
    atMost(`killed hub ready again at ${many.groups} groups`, 5_000, many.restartMs, "ms"),
    atMost(`memory at ${many.groups} groups: hub's : Pushgateway's`, 1.5, ratio(memory.hub, memory.unchecked), "×"),
    atMost(`copy on the peer, p99 at ${copy.perSecond} records/s`, 20, copy.p99Ms, "ms"),
    atMost(
      `idle hub with ${idleCpu.agents} agents`,
      3,
      idle.length === 0 ? undefined : Math.max(...idle) * 100,
      "% of a core",
    ),
  ];
}

function atLeast(what: string, goal: number, found: number | undefined, unit: string): Target {
  return { what, goal: `≥ ${goal}`, found, unit, reached: found === undefined ? undefined : found >= goal };
}

function atMost(what: string, goal: number, found: number | undefined, unit: string): Target {
  return { what, goal: `≤ ${goal}`, found, unit, reached: found === undefined ? undefined : found <= goal };
}

function ratio(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : a / b;
}
