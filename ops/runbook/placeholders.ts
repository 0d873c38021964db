/** What a runbook leaves open, and what a standing alert and the pair it stands in say about it. */
import { placesOf } from "../../hub/core/subject-places.ts";
import type { AlertView, FleetView, ServiceJson } from "../../hub/http/api.ts";
import { oneLine } from "../one-line.ts";

/** Every placeholder that a runbook may have, as `{name}`. */
export const placeholders = {
  machine: "machine that the alert is about; of a service the one that owns it",
  peer: "the other machine of the pair; of a satellite the one whose hub asks its agents",
  agent: "the agent, without its machine",
  service: "the service",
  hub: "URL of the hub of {machine}",
  peerHub: "URL of the hub of {peer}",
  pushgateway: "URL of the Pushgateway of {machine}",
  data: "data folder of the local run",
  address: "address of {machine}",
  dataPath: "`paths.data` of {machine}",
  witness: "address of the witness",
} as const;

export type Placeholder = keyof typeof placeholders;
export type Values = Partial<Record<Placeholder, string>>;

export interface PairFacts {
  fleet: FleetView | undefined;
  services: readonly ServiceJson[];
  /** Of a local run. */
  data: string | undefined;
  /** Of a site, by machine. */
  address: Readonly<Record<string, string>>;
  dataPath: Readonly<Record<string, string>>;
  witness: string | undefined;
}

const pattern = /\{([A-Za-z]+)\}/g;

/** Leaves what has no value as it stands. */
export const fill = (text: string, values: Values): string =>
  text.replace(pattern, (whole, name: string) => oneLine(ownOf(values, name) ?? whole));

/** Every `{name}` in a text, known or not, without `${name}` of a shell. */
export const namesIn = (text: string): string[] =>
  [...text.matchAll(/(?<![$\w])\{([A-Za-z]+)\}/g)].map(([, name = ""]) => name);

/** @param alert undefined when none stands: then only what is the same for all is known */
export function valuesOf(alert: Pick<AlertView, "subject"> | undefined, facts: PairFacts): Values {
  const { fleet, services, data, address, dataPath, witness } = facts;
  const common = { data, witness };
  if (alert === undefined) return known(common);
  const { machines = {}, satellites = {}, agents = [] } = fleet ?? {};
  const places = placesOf(alert.subject, { machines, satellites, services, agents });
  // The site knows its machines also while no hub answers.
  const { machine = Object.hasOwn(address, alert.subject) ? alert.subject : undefined } = places;
  if (machine === undefined) return known({ ...common, ...places });
  return known({ ...common, ...places, machine, address: ownOf(address, machine), dataPath: ownOf(dataPath, machine) });
}

const ownOf = (values: Readonly<Record<string, string | undefined>>, name: string): string | undefined =>
  Object.hasOwn(values, name) ? values[name] : undefined;

const known = (values: Record<string, string | undefined>): Values =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined && value !== ""));
