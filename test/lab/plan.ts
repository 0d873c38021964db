/** The names and addresses of a lab: everything of it can be told from its name and its subnet. */
import { OperatorError } from "../../ops/error.ts";
import { hostIn } from "./subnet.ts";

export const machineNames = ["mainpc", "pc2"] as const;
export type MachineName = (typeof machineNames)[number];
/** A third machine, which a lab has when it is asked for. */
export const satelliteName = "nas" as const;
export type EngineName = MachineName | typeof satelliteName;
/** The jump host runs sshd alone. */
export type PlaceName = EngineName | "jump";
/** Of a lab with or without a satellite. */
export const placeNames = (satellite: boolean): PlaceName[] => [
  ...machineNames,
  "jump",
  ...(satellite ? [satelliteName] : []),
];

export interface Place {
  name: PlaceName;
  /** Name of its container. @example "tandem-lab-dev-mainpc" */
  container: string;
  address: string;
  /** Names of its volumes; none for a jump host. */
  volumes: { engine: string; disk: string } | undefined;
}

export interface LabPlan {
  name: string;
  /** On all that the lab makes; what does not carry it is never touched. @example "tandem.lab=dev" */
  label: string;
  network: string;
  subnet: string;
  gateway: string;
  places: Record<PlaceName, Place>;
}

export const defaultName = "default";
const hosts: Record<PlaceName, number> = { mainpc: 10, pc2: 20, jump: 30, nas: 40 };

/** @throws OperatorError `lab.name` for a name that Docker would not take. */
export function planLab(name: string, subnet: string): LabPlan {
  const prefix = networkOf(name);
  const place = (at: PlaceName): Place => ({
    name: at,
    container: `${prefix}-${at}`,
    address: hostIn(subnet, hosts[at]),
    volumes: at === "jump" ? undefined : { engine: `${prefix}-${at}-engine`, disk: `${prefix}-${at}-disk` },
  });
  return {
    name,
    label: labelOf(name),
    network: prefix,
    subnet,
    gateway: hostIn(subnet, 1),
    places: { mainpc: place("mainpc"), pc2: place("pc2"), jump: place("jump"), nas: place("nas") },
  };
}

export function networkOf(name: string): string {
  if (!/^[a-z][a-z0-9-]{0,23}$/.test(name)) {
    throw new OperatorError(
      "lab.name",
      `${JSON.stringify(name)} is no name for a lab`,
      "Use up to 24 small letters, digits and -, like dev",
    );
  }
  return name === defaultName ? "tandem-lab" : `tandem-lab-${name}`;
}

export const labelOf = (name: string): string => `tandem.lab=${name}`;

/** @throws OperatorError `lab.place` */
export function placeName(text: string): PlaceName {
  const known = placeNames(true).find((name) => name === text);
  if (known !== undefined) return known;
  throw new OperatorError("lab.place", `The lab has no ${text}`, `Name one of ${placeNames(true).join(", ")}`);
}

/** @throws OperatorError `lab.machine` */
export function machineName(text: string): MachineName {
  const known = machineNames.find((name) => name === text);
  if (known !== undefined) return known;
  throw new OperatorError("lab.machine", `The lab has no machine ${text}`, `Name one of ${machineNames.join(", ")}`);
}

export const peerOf = (name: MachineName): MachineName => (name === "mainpc" ? "pc2" : "mainpc");
