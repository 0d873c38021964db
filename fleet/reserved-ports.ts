/** The ports of Tandem's own servers on each machine: nothing of the fleet may listen there. */

export interface ReservedPort {
  machine: string;
  what: "hub" | "nats" | "monitoring" | "leaf" | "pushgateway" | "prometheus" | "grafana";
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
  { machine: "mainpc", what: "pushgateway", port: 9091 },
  { machine: "pc2", what: "hub", port: 9100 },
  { machine: "pc2", what: "nats", port: 4223 },
  { machine: "pc2", what: "monitoring", port: 8223 },
  { machine: "pc2", what: "pushgateway", port: 9091 },
];

/**
 * What the check keeps free where it knows no stack. On pc2 also the ports that a stack gets whose keys are left out, and that
 * of the link, which either machine may listen for.
 */
export const portsToKeepFree: readonly ReservedPort[] = [
  ...reservedPorts,
  { machine: "pc2", what: "nats", port: 4222 },
  { machine: "pc2", what: "monitoring", port: 8222 },
  { machine: "pc2", what: "leaf", port: 7422 },
];
