/** Plays a list of scenarios on one pair, one after the other, while a prober measures from outside. */
import { StreamAudit } from "./audit/stream-audit.ts";
import { type FaultRun, type MonthView, monthOf } from "./availability.ts";
import { pairOfDeeds } from "./pairs.ts";
import { play } from "./play.ts";
import { pushedNumber } from "./prober/client.ts";
import { Prober } from "./prober/prober.ts";
import type { Stream } from "./prober/sample.ts";
import { serviceStreams } from "./prober/service-streams.ts";
import type { Random } from "./random.ts";
import type { RunView } from "./run-view.ts";
import type { Scenario, Times } from "./scenario.ts";
import type { Stage } from "./stage.ts";

export interface ShowOptions {
  stage: Stage;
  scenarios: readonly Scenario[];
  /** Times that each is played. */
  runs: number;
  /** Pairs of scenarios, drawn at random, that are played at the same time. */
  pairs: number;
  times: Times;
  random: Random;
  say(line: string): void;
  onRun(run: RunView): void;
  signal: AbortSignal;
}

export interface ShowView {
  runs: RunView[];
  /** Scenarios that could not be played, and why. */
  skipped: { scenario: string; why: string }[];
  month: MonthView;
  interrupted: boolean;
}

const pushEveryMs = 50;
const getEveryMs = 50;
const tryMs = 1_000;

export async function show(options: ShowOptions): Promise<ShowView> {
  const { stage, scenarios, runs, random, times, say, onRun, signal } = options;
  const { playable, skipped } = await sortOut(scenarios, stage);
  for (const { scenario, why } of skipped) say(`skipped: ${scenario} (${why})`);
  const prober = new Prober(await streamsOf(stage));
  const audit = new StreamAudit(stage.machines, ({ body }) => pushedNumber(body));
  const views: RunView[] = [];
  const one = async (name: string, deed: ReturnType<Scenario["deed"]>) => {
    const view = await play({ name, deed, stage, prober, audit, say, signal });
    if (signal.aborted) return;
    views.push(view);
    onRun(view);
  };
  try {
    for (let run = 0; run < runs; run++)
      for (const scenario of playable)
        if (!signal.aborted) await one(scenario.name, scenario.deed(stage, random, times));
    for (let pair = 0; pair < options.pairs && !signal.aborted; pair++) {
      const drawn = pairOfDeeds(playable, stage, random, times);
      if (drawn === undefined) skipped.push({ scenario: "a pair", why: "no two of these leave each other alone" });
      else await one(drawn.name, drawn.deed);
    }
  } finally {
    await prober.close();
  }
  const rates = new Map(scenarios.map(({ name, perMonth }) => [name, perMonth]));
  const single = views.flatMap(({ scenario: name, windowMs, downMs }): FaultRun[] => {
    const perMonth = rates.get(name);
    return perMonth === undefined ? [] : [{ name, perMonth, windowMs, downMs }];
  });
  return { runs: views, skipped, month: monthOf(single), interrupted: signal.aborted };
}

/** Those that can be played on this stage, and why the others cannot. */
export async function sortOut(
  scenarios: readonly Scenario[],
  stage: Stage,
): Promise<{ playable: Scenario[]; skipped: ShowView["skipped"] }> {
  const playable: Scenario[] = [];
  const skipped: ShowView["skipped"] = [];
  for (const scenario of scenarios) {
    const why = (await scenario.unable?.(stage)) ?? "";
    if (why === "") playable.push(scenario);
    else skipped.push({ scenario: scenario.name, why });
  }
  return { playable, skipped };
}

/** As agents and users ask: pushes and health of either home, with the other hub as the second address, and each routed service. */
async function streamsOf(stage: Stage): Promise<Stream[]> {
  const hubs = stage.machines.map(({ name, hubUrl }) => ({ machine: name, url: hubUrl }));
  const orders = hubs.map((hub) => [hub, ...hubs.filter((other) => other !== hub)]);
  const streams = orders.flatMap((order): Stream[] => {
    const [{ machine } = { machine: "" }] = order;
    const at = (path: string) => order.map((hub) => ({ ...hub, url: `${hub.url}${path}` }));
    return [
      {
        name: `pushes of ${machine}`,
        kind: "push",
        everyMs: pushEveryMs,
        tryMs,
        targets: at(`/metrics/job/chaos_${machine}`),
      },
      { name: `health at ${machine}`, kind: "get", everyMs: getEveryMs, tryMs, targets: at("/-/healthy") },
    ];
  });
  return [...streams, ...(await serviceStreams(stage.machines, { everyMs: getEveryMs, tryMs }))];
}
