/** Whether a service is at home, away, between owners or held, as one machine sees it. */
import { ownerOf } from "./epoch.ts";
import { isUnderWay, peerHealthOf, whyNotActing } from "./facts.ts";
import { owns, promisedUntil } from "./lease.ts";
import type { FailoverLimits } from "./limits.ts";
import type { ServiceSpec, ServiceState } from "./service.ts";
import type { FailoverState } from "./state.ts";
import { entryOf } from "./table.ts";
import { hasLapsed } from "./witness.ts";

export function viewState(
  state: FailoverState,
  service: ServiceSpec,
  atMs: number,
  limits: FailoverLimits,
): ServiceState {
  const entry = entryOf(state.saved, service);
  if (entry.released || isUnderWay(state, service) || state.handOvers[service.name]?.step === "hushes") return "moving";
  const acts = owns(state, service, state.saved)
    ? whyNotActing(state, service, atMs, limits) === undefined
    : actsAtPeer(state, service, atMs, limits);
  if (acts !== true) return "held";
  return ownerOf(service, entry.epoch) === service.home ? "home" : "away";
}

/** Whether the peer, which owns the service, lets it act; undefined where this start has not heard of it. */
export function actsAtPeer(
  state: FailoverState,
  service: ServiceSpec,
  atMs: number,
  limits: FailoverLimits,
): boolean | undefined {
  const { peer } = state;
  const health = peerHealthOf(state, service);
  const isSilent = peer.hub.value !== "alive" && health !== undefined && health.atMs >= peer.hub.sinceMs;
  if (peer.machine.value === "dead" || (isSilent && health.value === "unhealthy")) return false;
  const leaseIsOver = atMs >= promisedUntil(state, service, limits) && hasLapsed(state, service, atMs, limits);
  if (peer.hub.value === "dead" && service.singleWriter && leaseIsOver) return false;
  if (peer.word !== undefined) return peer.word.value.acts.includes(service.name);
  return service.singleWriter ? undefined : true;
}
