/** Where clients of the pair and of its services ask, and how: at this machine first, then at the other one. */
import type { HubConfig, ProbeConfig, ServiceConfig } from "../../config.ts";

/** For each address, ms. */
export const outsideDeadlineMs = 1_000;

type Addressed = Pick<HubConfig, "machine" | "peer" | "objectives" | "tls">;

/** A client that knows both hubs, each by the address at which others reach it. */
export function pairPlaces({ machine, peer, tls }: Addressed): ProbeConfig[][] {
  return [machine, peer].map(({ name, hub }) => [
    { kind: "http", ...hub, path: "/readyz", ...(tls && { tls: { caFile: tls.caFile, machine: name } }) },
  ]);
}

/** A client of a service that knows both routers; none of a service without a route. */
export function servicePlaces(service: ServiceConfig, { machine, peer, objectives }: Addressed): ProbeConfig[][] {
  const { name, home, route, peerRoute, instances } = service;
  const probe = instances[home]?.probe;
  if (route === undefined || probe === undefined) return [];
  const { path } = objectives.services[name] ?? {};
  const at = [
    { host: machine.hub.host, port: route },
    { host: peer.hub.host, port: peerRoute ?? route },
  ];
  return at.map((address) => waysOf(probe, address, path));
}

/** What the agent is asked for its health by, and the other way to get an answer that says something. */
function waysOf(probe: ProbeConfig, at: { host: string; port: number }, path: string | undefined): ProbeConfig[] {
  if (path !== undefined) return [{ kind: "http", ...at, path }];
  switch (probe.kind) {
    case "http":
      return [
        { ...probe, ...at },
        { kind: "zmq", ...at, request: healthRequest },
      ];
    case "zmq":
      return [
        { ...probe, ...at },
        { kind: "http", ...at, path: "/health" },
      ];
    case "tcp":
      return [{ ...probe, ...at }];
  }
}

const healthRequest = '{"action": "health_check"}';
