/** The ports of Tandem's own servers on each machine: nothing of the fleet may listen there. */

export interface ReservedPort {
  machine: string;
  what: "hub" | "nats" | "monitoring" | "leaf" | "beats" | "pushgateway" | "prometheus" | "grafana";
  port: number;
  /** The stack's key that sets it, such as `machine.natsPort`. @default none: it is the default of a pair */
  key?: string;
}

/** Where the servers of a pair listen by default; a stack or a local run may move them. */
export const reservedPorts: readonly ReservedPort[] = [
  { machine: "mainpc", what: "hub", port: 9000 },
  { machine: "mainpc", what: "nats", port: 4222 },
  { machine: "mainpc", what: "monitoring", port: 8222 },
  { machine: "mainpc", what: "leaf", port: 7422 },
  { machine: "mainpc", what: "beats", port: 7423 },
  { machine: "mainpc", what: "pushgateway", port: 9091 },
  { machine: "pc2", what: "hub", port: 9100 },
  { machine: "pc2", what: "nats", port: 4223 },
  { machine: "pc2", what: "monitoring", port: 8223 },
  { machine: "pc2", what: "beats", port: 7423 },
  { machine: "pc2", what: "pushgateway", port: 9091 },
];

/** What a stack gets whose keys are left out; either machine may listen for the link. */
const defaultPorts: readonly Omit<ReservedPort, "machine">[] = [
  { what: "hub", port: 9000 },
  { what: "nats", port: 4222 },
  { what: "monitoring", port: 8222 },
  { what: "leaf", port: 7422 },
  { what: "beats", port: 7423 },
  { what: "pushgateway", port: 9091 },
];

/**
 * What the check keeps free where it knows no stack: the ports of a pair named as ours, and those that a stack gets by itself.
 * Where a hub's port is known, the default one may be anybody's.
 *
 * @param pair names of the two machines with a hub
 */
export function portsToKeepFree(pair: readonly string[]): ReservedPort[] {
  return pair.flatMap((machine) => {
    const known = reservedPorts.filter((entry) => entry.machine === machine);
    const more = defaultPorts.filter(
      ({ what, port }) => !known.some((entry) => entry.port === port || (what === "hub" && entry.what === "hub")),
    );
    return [...known, ...more.map((entry) => ({ machine, ...entry }))];
  });
}
