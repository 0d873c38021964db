/** Where services act by the hubs' own words, as a table for a person and as an exit code for a script. */
import type { ServiceJson } from "../../hub/http/api.ts";
import { align } from "../align.ts";

export interface ServicesAsked {
  url: string;
  /** Undefined when the hub did not answer. */
  services: ServiceJson[] | undefined;
}

/** 0: each is owned by one machine for all hubs that answer. 1: one is held, or the hubs differ. 2: no hub answers. */
export function whereCode(asked: readonly ServicesAsked[]): 0 | 1 | 2 {
  const views = asked.flatMap(({ services }) => services ?? []);
  if (asked.every(({ services }) => services === undefined)) return 2;
  return views.some(({ state }) => state === "held") || differing(asked).length > 0 ? 1 : 0;
}

const columns = ["service", "on", "epoch", "state", "home", "mode", "writer", "address", "health", "why"];

/** One line a service, as the first hub that answers sees it; what the hubs differ about, and who did not answer, below. */
export function whereText(asked: readonly ServicesAsked[]): string {
  const services = asked.find((hub) => hub.services !== undefined)?.services ?? [];
  const rows = services.map((service) => {
    const { name, owner, epoch, state, home, mode, singleWriter, instances, reason } = service;
    const at = instances[owner];
    const address = at === undefined ? "-" : `${at.host}:${at.port}`;
    const writer = singleWriter ? "single" : "any";
    return [name, owner, String(epoch), state, home, mode, writer, address, at?.health ?? "-", reason];
  });
  const table = rows.length === 0 ? [] : align([columns, ...rows]);
  const differs = differing(asked).map(
    (name) => `the hubs differ about ${name}: they have not heard each other since it moved`,
  );
  const silent = asked.filter((hub) => hub.services === undefined).map(({ url }) => `no answer from ${url}`);
  return [...table, ...differs, ...silent].join("\n");
}

function differing(asked: readonly ServicesAsked[]): string[] {
  const owners = new Map<string, string>();
  const names = new Set<string>();
  for (const { name, owner, epoch } of asked.flatMap(({ services }) => services ?? [])) {
    const place = `${owner} ${epoch}`;
    if ((owners.get(name) ?? place) !== place) names.add(name);
    owners.set(name, place);
  }
  return [...names];
}
