/** Plays one scenario once: says it, does it, undoes it whatever happens, waits until all is well, and counts what was seen. */
import { setTimeout as pause } from "node:timers/promises";
import { monoMs } from "../../hub/io/mono-clock.ts";
import type { StreamAudit } from "./audit/stream-audit.ts";
import { seenBy, worstDownMs } from "./availability.ts";
import { carryOut } from "./carry-out.ts";
import type { Turn } from "./observer.ts";
import type { Prober } from "./prober/prober.ts";
import type { Sample } from "./prober/sample.ts";
import { streamOfService } from "./prober/service-streams.ts";
import type { Detection, RunView, Takeover } from "./run-view.ts";
import type { Deed } from "./scenario.ts";
import { ServiceWatch } from "./service-watch.ts";
import type { Stage } from "./stage.ts";

export interface PlayOptions {
  name: string;
  deed: Deed;
  stage: Stage;
  prober: Prober;
  audit: StreamAudit;
  say(line: string): void;
  signal: AbortSignal;
}

const wellDeadlineMs = 60_000;
/** Services wait until their home has been well for a while, longer after each flap. */
const homeDeadlineMs = 120_000;
const auditDeadlineMs = 20_000;
const auditEveryMs = 500;

export async function play(options: PlayOptions): Promise<RunView> {
  const { name, deed, stage, prober, say, signal } = options;
  say(`${name}: ${deed.says}`);
  const services = await ServiceWatch.start(stage);
  const startedAt = new Date().toISOString();
  const fromMs = monoMs();
  const { undoneAtMs, problems } = await carryOut(deed, stage, signal);
  const trouble = await stage.well(wellDeadlineMs, signal);
  const wellAtMs = trouble === "" ? monoMs() : null;
  if (trouble !== "" && !signal.aborted)
    problems.push(`not well ${wellDeadlineMs / 1_000} s after it was undone: ${trouble}`);
  const homeAtMs = trouble === "" ? await services.home(homeDeadlineMs, signal) : null;
  if (homeAtMs === null && trouble === "" && !signal.aborted) problems.push("not every service has come home");
  const toMs = Math.max(monoMs(), homeAtMs ?? 0);
  services.stop();
  const samples = await prober.take(fromMs, toMs);
  const records = await auditOf(options, samples);
  if (records.lost.length > 0) problems.push(`lost ${records.lost.length} acknowledged pushes`);
  const seen = prober.streams.map((stream) => seenBy(stream, samples));
  const turns = stage.observer.turns.filter(({ atMs }) => atMs >= fromMs && atMs <= toMs);
  const falseVerdicts = turns
    .filter((turn) => isFalse(turn, deed))
    .map(({ by, of, to }) => `${by} said ${of} is ${to}`);
  if (falseVerdicts.length > 0) problems.push(`false verdicts: ${falseVerdicts.join(", ")}`);
  return {
    scenario: name,
    did: deed.says,
    startedAt,
    windowMs: Math.round(toMs - fromMs),
    stoodMs: Math.round(undoneAtMs - fromMs),
    detections: deed.expects.map((expected): Detection => {
      const turn = turns.find(expected.fits);
      return { what: expected.what, afterMs: turn === undefined ? null : Math.round(turn.atMs - fromMs) };
    }),
    turns: turns.map(({ atMs, by, of, to }) => ({ afterMs: Math.round(atMs - fromMs), by, of, to })),
    falseVerdicts,
    takeovers: takeoversOf(services, seen, fromMs),
    recoveryMs: wellAtMs === null ? null : Math.round(wellAtMs - undoneAtMs),
    homeMs: homeAtMs === undefined || homeAtMs === null ? homeAtMs : Math.round(homeAtMs - undoneAtMs),
    seen,
    downMs: worstDownMs(seen),
    records,
    problems,
  };
}

/** Agents have a health, no verdict: only machines and their parts can be called dead. */
function isFalse({ of, to }: Turn, { mayDie }: Deed): boolean {
  if (to !== "dead" && to !== "isolated") return false;
  return !mayDie.some((one) => of === one || of.startsWith(`${one}/`));
}

async function auditOf({ audit, signal }: PlayOptions, samples: readonly Sample[]): Promise<RunView["records"]> {
  const acknowledged = samples.flatMap(({ ok, number }) => (ok && number !== undefined ? [number] : []));
  const endMs = performance.now() + auditDeadlineMs;
  for (;;) {
    const isOver = signal.aborted || performance.now() > endMs;
    try {
      await audit.read();
    } catch (error) {
      // A server that has just come back may break off what it sends.
      if (isOver) throw error;
      await pause(auditEveryMs);
      continue;
    }
    const lost = acknowledged.filter((number) => !audit.isOnAll(number));
    if (lost.length === 0 || isOver) return { acknowledged: acknowledged.length, lost };
    await pause(auditEveryMs);
  }
}

function takeoversOf(services: ServiceWatch, seen: RunView["seen"], fromMs: number): Takeover[] | undefined {
  const asked = services.names.flatMap((service): Takeover[] => {
    const own = seen.find(({ stream }) => stream === streamOfService(service));
    if (own === undefined) return [];
    const movedAtMs = services.movedAtMs(service);
    const movedAfterMs = movedAtMs === undefined ? null : Math.round(movedAtMs - fromMs);
    // A router that holds requests lets its clients wait, which is an outage to them like any other.
    return [{ service, movedAfterMs, outageMs: Math.max(own.longestOutageMs, Math.round(own.slowestMs)) }];
  });
  return asked.length === 0 ? undefined : asked;
}
