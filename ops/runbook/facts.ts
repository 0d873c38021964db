/** Asks the pair for what a runbook is filled with: the alerts that stand, the machines and services, and how to reach them. */
import type { StackSite } from "../../components/site.ts";
import type { AlertView } from "../../hub/http/api.ts";
import { ask } from "../client/hub-client.ts";
import { OperatorError } from "../error.ts";
import { type HubsAsked, hubUrls, localRun } from "../ledger/hubs.ts";
import { askServices } from "../site/ask-services.ts";
import { readPairStacks } from "../site/stacks.ts";
import type { PairFacts } from "./placeholders.ts";
import type { Place } from "./read.ts";

export interface Found {
  /** What both hubs that answer say, each alert once. */
  alerts: AlertView[];
  /** Why nothing is known of alerts: no hub answers; empty when one does. */
  silent: string;
  /** Undefined for hubs that were named: they may be of either. */
  place: Place | undefined;
  facts: PairFacts;
}

type SiteFacts = Pick<PairFacts, "address" | "dataPath" | "witness">;

const askDeadlineMs = 2_000;

export async function findFacts(asked: HubsAsked): Promise<Found> {
  const place = asked.hub !== undefined ? undefined : localRun(asked) === undefined ? "deployed" : "local";
  const unknown = {
    fleet: undefined,
    services: [],
    data: localRun(asked),
    address: {},
    dataPath: {},
    witness: undefined,
  };
  let urls: string[];
  let site: SiteFacts = { address: {}, dataPath: {}, witness: undefined };
  try {
    urls = hubUrls(asked);
    if (place === "deployed") site = siteFacts(readPairStacks(asked.stack, asked.dir));
  } catch (error) {
    // The text is wanted most when nothing else is to be had; a URL that is none is a slip.
    if (!(error instanceof OperatorError) || error.code === "ledger.hub") throw error;
    return { alerts: [], silent: error.message, place, facts: unknown };
  }
  const answers = await Promise.all(
    urls.map(async (url) => ({
      alerts: await ask(url, "getAlerts", {}, askDeadlineMs),
      fleet: await ask(url, "getFleet", {}, askDeadlineMs),
      services: await askServices(url, askDeadlineMs),
    })),
  );
  const known = answers.filter(({ alerts }) => alerts !== undefined);
  const byKey = new Map<string, AlertView>();
  for (const alert of known.flatMap(({ alerts }) => alerts?.alerts ?? [])) {
    const key = `${alert.name} ${alert.subject}`;
    if (!byKey.has(key)) byKey.set(key, alert);
  }
  return {
    alerts: [...byKey.values()],
    silent: known.length > 0 ? "" : `no answer from ${urls.join(" or ")}`,
    place,
    facts: {
      ...unknown,
      ...site,
      fleet: answers.find(({ fleet }) => fleet !== undefined)?.fleet,
      services: answers.find(({ services }) => services !== undefined)?.services ?? [],
    },
  };
}

type Sited = Pick<StackSite, "machine" | "paths"> & { witness: { host: string } };

export function siteFacts(sites: readonly Sited[]): SiteFacts {
  return {
    address: Object.fromEntries(sites.map(({ machine }) => [machine.name, machine.address])),
    dataPath: Object.fromEntries(sites.map(({ machine, paths }) => [machine.name, paths.data])),
    witness: sites[0]?.witness.host,
  };
}
