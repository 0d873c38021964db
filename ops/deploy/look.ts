/** What the hubs of a pair say of a machine at present, each question within a deadline. */
import type { FleetView, LedgerView, ServiceJson } from "../../hub/http/api.ts";
import { askOne, failureOf, type Said } from "../client/hub-client.ts";
import { askServices } from "../site/ask-services.ts";
import { hubsOf, ownHub, type Place, pushgatewayOf } from "./place.ts";

export interface HubLook {
  /** Undefined when it does not answer. */
  fleet: FleetView | undefined;
  ledger: LedgerView | undefined;
  services: ServiceJson[] | undefined;
  /** Where it was asked. @default as its stack says */
  url?: string;
  /** Why there is no fleet or ledger of it. @example "certificate has expired" */
  why?: string;
}

const askMs = 3_000;
/** Of an answer that is none, characters. */
const mostSaid = 200;

export async function lookAtHub(url: string): Promise<HubLook> {
  return (await looked(url)).look;
}

/**
 * As `lookAtHub`, for the time of a deployment, in which a hub is not yet, or no longer, as its stack says: one that turns out to speak TLS
 * where it should not, or the other way round, is asked by that.
 */
export async function lookEitherWay(url: string): Promise<HubLook> {
  const { look, otherwise } = await looked(url);
  return otherwise ? await lookAtHub(otherScheme(url)) : look;
}

async function looked(url: string): Promise<{ look: HubLook; otherwise: boolean }> {
  const [fleet, ledger, services] = await Promise.all([
    askOne(url, "getFleet", {}, askMs),
    askOne(url, "getLedger", {}, askMs),
    askServices(url, askMs),
  ]);
  const failed = [fleet, ledger].find((said) => "why" in said);
  const told = { fleet: valueIn(fleet), ledger: valueIn(ledger), services, url };
  const why = failed === undefined ? {} : { why: failed.why };
  return { look: { ...told, ...why }, otherwise: failed?.otherwise ?? false };
}

const valueIn = <T>(said: Said<T>): T | undefined => ("value" in said ? said.value : undefined);

const otherScheme = (url: string) =>
  url.startsWith("https:") ? url.replace("https:", "http:") : url.replace("http:", "https:");

/** The end of a sentence that something does not answer. @example ": certificate has expired" */
export const because = (why: string | undefined): string => (why === undefined || why === "" ? "" : `: ${why}`);

/** Of its own hub first, or of the pair's first one of a satellite; each either way. */
export async function lookAtHubs(place: Place): Promise<HubLook[]> {
  return await Promise.all(hubsOf(place).map(lookEitherWay));
}

/** Undefined when there is no answer 200. */
export async function textOf(url: string): Promise<string | undefined> {
  const said = await textOrWhy(url);
  return "text" in said ? said.text : undefined;
}

/** The text of an answer 200, or why there is none. */
export async function textOrWhy(url: string): Promise<{ text: string } | { why: string }> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(askMs) });
    const text = await answer.text();
    return answer.status === 200 ? { text } : { why: `${answer.status} ${text.trim().slice(0, mostSaid)}`.trim() };
  } catch (error) {
    return { why: failureOf(error).why };
  }
}

export interface Ready {
  hub: boolean;
  /** Why the hub is not. */
  hubWhy?: string;
  pushgateway: boolean;
}

/** Asked as the stack says, and in no other way. */
export async function isReady(place: Place): Promise<Ready> {
  const [hub, pushgateway] = [ownHub(place), pushgatewayOf(place)];
  if (hub === undefined || pushgateway === undefined) return { hub: true, pushgateway: true };
  const [first, second] = await Promise.all([textOrWhy(`${hub}/readyz`), textOf(`${pushgateway}/-/ready`)]);
  const why = "why" in first ? { hubWhy: first.why } : {};
  return { hub: "text" in first, ...why, pushgateway: second !== undefined };
}

/** For how long the hub's spool takes what comes at present, s; undefined when it does not say. @param own look at that hub */
export async function bufferSecondsOf(place: Place, own: HubLook | undefined): Promise<number | undefined> {
  const hub = ownHub(place);
  return hub === undefined ? undefined : bufferIn((await textOf(`${own?.url ?? hub}/metrics`)) ?? "");
}

/** @param metrics Prometheus text; a hub from before the metric had its unit last is understood as well */
export function bufferIn(metrics: string): number | undefined {
  const found = /^tandem_spool_(?:left_seconds|seconds_left) (\S+)$/m.exec(metrics)?.[1];
  if (found === undefined) return undefined;
  if (found === "+Inf" || found === "Infinity") return Number.POSITIVE_INFINITY;
  const value = Number(found);
  return Number.isNaN(value) ? undefined : value;
}
