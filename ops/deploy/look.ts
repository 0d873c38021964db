/** What the hubs of a pair say of a machine at present, each question within a deadline. */
import type { FleetView, LedgerView, ServiceJson } from "../../hub/http/api.ts";
import { ask } from "../client/hub-client.ts";
import { askServices } from "../site/ask-services.ts";
import { hubsOf, ownHub, type Place, pushgatewayOf } from "./place.ts";

export interface HubLook {
  /** Undefined when it does not answer. */
  fleet: FleetView | undefined;
  ledger: LedgerView | undefined;
  services: ServiceJson[] | undefined;
}

const askMs = 3_000;

export async function lookAtHub(url: string): Promise<HubLook> {
  const [fleet, ledger, services] = await Promise.all([
    ask(url, "getFleet", {}, askMs),
    ask(url, "getLedger", {}, askMs),
    askServices(url, askMs),
  ]);
  return { fleet, ledger, services };
}

/** Of its own hub first, or of the pair's first one of a satellite. */
export async function lookAtHubs(place: Place): Promise<HubLook[]> {
  return await Promise.all(hubsOf(place).map(lookAtHub));
}

export async function answers200(url: string): Promise<boolean> {
  return (await textOf(url)) !== undefined;
}

/** Undefined when there is no answer 200. */
export async function textOf(url: string): Promise<string | undefined> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(askMs) });
    const text = await answer.text();
    return answer.status === 200 ? text : undefined;
  } catch {
    return undefined;
  }
}

export async function isReady(place: Place): Promise<{ hub: boolean; pushgateway: boolean }> {
  const [hub, pushgateway] = [ownHub(place), pushgatewayOf(place)];
  if (hub === undefined || pushgateway === undefined) return { hub: true, pushgateway: true };
  const [first, second] = await Promise.all([answers200(`${hub}/readyz`), answers200(`${pushgateway}/-/ready`)]);
  return { hub: first, pushgateway: second };
}

/** For how long the hub's spool takes what comes at present, s; undefined when it does not say. */
export async function bufferSecondsOf(place: Place): Promise<number | undefined> {
  const hub = ownHub(place);
  return hub === undefined ? undefined : bufferIn((await textOf(`${hub}/metrics`)) ?? "");
}

/** @param metrics Prometheus text; a hub from before the metric had its unit last is understood as well */
export function bufferIn(metrics: string): number | undefined {
  const found = /^tandem_spool_(?:left_seconds|seconds_left) (\S+)$/m.exec(metrics)?.[1];
  if (found === undefined) return undefined;
  if (found === "+Inf" || found === "Infinity") return Number.POSITIVE_INFINITY;
  const value = Number(found);
  return Number.isNaN(value) ? undefined : value;
}
