/** What follows from the state for everyone outside: who acts and until when, what the peer is told, where clients go. */
import { ownerOf } from "./epoch.ts";
import { healthOf, isConfirmed, whyNotActing } from "./facts.ts";
import { owns, votesUntil } from "./lease.ts";
import type { FailoverLimits } from "./limits.ts";
import { isUnwritten, saidTable } from "./memory.ts";
import type { Saved, Word } from "./messages.ts";
import type { ServiceSpec, ServiceView } from "./service.ts";
import type { FailoverState } from "./state.ts";
import { entryOf } from "./table.ts";
import { actsAtPeer } from "./view-state.ts";

export { digestOf } from "./lease.ts";

export interface Route {
  service: string;
  epoch: number;
  /** Machine whose instance clients are carried to; null while nobody acts. */
  to: string | null;
  /** Until when this holds, monotonic ms; null where no lease bounds it. */
  untilMs: number | null;
}

/** Until when this machine's instance may act: null without a bound, undefined when it may not. */
export function actsUntil(
  state: FailoverState,
  service: ServiceSpec,
  atMs: number,
  limits: FailoverLimits,
): number | null | undefined {
  if (whyNotActing(state, service, atMs, limits) !== undefined) return undefined;
  const { epoch } = entryOf(state.saved, service);
  const bounded = service.singleWriter && state.setup.witness && !isConfirmed(state, service, epoch);
  return bounded ? votesUntil(state, service, limits) : null;
}

export function viewsOf(state: FailoverState, atMs: number, limits: FailoverLimits): ServiceView[] {
  return state.setup.services.map((service) => {
    const { epoch } = entryOf(state.saved, service);
    const until = actsUntil(state, service, atMs, limits);
    const noted = state.views[service.name] ?? { state: "held", reason: "not judged yet", sinceMs: state.startedAtMs };
    const health = [service.home, service.standby].map(
      (machine) => [machine, healthOf(state, machine, service)?.value ?? "unknown"] as const,
    );
    return {
      ...service,
      ...noted,
      epoch,
      owner: ownerOf(service, epoch),
      acts: until !== undefined,
      actsUntilMs: until ?? null,
      health: Object.fromEntries(health),
    };
  });
}

export function wordOf(state: FailoverState, atMs: number, limits: FailoverLimits): Word {
  const acting = state.setup.services.filter((service) => actsUntil(state, service, atMs, limits) !== undefined);
  return {
    v: 1,
    table: saidTable(state),
    blank: state.blank,
    acts: acting.map(({ name }) => name),
    asks: Object.entries(state.asks).map(([service, { epoch, turn }]) => ({ service, epoch, turn })),
    givenUp: Object.entries(state.givenUp).map(([service, { turn, text }]) => ({ service, turn, text })),
    ...(isUnwritten(state, atMs) ? { unwritten: true as const } : {}),
    homes: state.setup.services.filter(({ home }) => home === state.setup.machine).map(({ name }) => name),
  };
}

/** For its successor, when this hub acts no more; undefined where that has all that it needs. */
export function leftBy(state: FailoverState, atMs: number, limits: FailoverLimits): Saved | undefined {
  const { services, boot = "" } = state.setup;
  const unbounded = services.filter(
    (service) => service.singleWriter && actsUntil(state, service, atMs, limits) === null,
  );
  if (boot === "" || unbounded.length === 0) return undefined;
  const epochs = unbounded.map((service) => [service.name, entryOf(state.saved, service).epoch] as const);
  return {
    table: state.wanted,
    blank: state.untold,
    left: { boot, atMs, unbounded: Object.fromEntries(epochs) },
  };
}

/**
 * Of a single writer nothing is said before it is known, since this start, whether anybody acts. Nor, after a hub that was replaced,
 * while what that one said of a single writer of this machine may still hold: it ends by itself.
 */
export function routesOf(state: FailoverState, atMs: number, limits: FailoverLimits): Route[] {
  return state.setup.services.flatMap((service): Route[] => {
    const { epoch, released } = entryOf(state.saved, service);
    const until = actsUntil(state, service, atMs, limits);
    const route = { service: service.name, epoch };
    if (until !== undefined) return [{ ...route, to: state.setup.machine, untilMs: until }];
    if (stillStands(state, service, atMs, limits)) return [];
    const acts = !owns(state, service, state.saved) && !released ? actsAtPeer(state, service, atMs, limits) : false;
    if (acts === undefined) return [];
    return [{ ...route, to: acts ? state.setup.peer : null, untilMs: null }];
  });
}

function stillStands(state: FailoverState, service: ServiceSpec, atMs: number, { leaseMs }: FailoverLimits): boolean {
  const { succeeds = false } = state.setup;
  if (!succeeds || !service.singleWriter || atMs - state.startedAtMs >= leaseMs) return false;
  const isGivenAway = entryOf(state.saved, service).released || state.handOvers[service.name] !== undefined;
  return owns(state, service, state.saved) && !isGivenAway;
}
