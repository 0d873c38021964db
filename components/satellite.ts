/** A machine without a hub: the agents of its inventory, the care for its logs, and Prometheus and Grafana where asked for. */
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { satellitesOf } from "../fleet/machines.ts";
import type { Fleet } from "../fleet/model.ts";
import { OperatorError } from "../ops/error.ts";
import { hubUrlOf } from "./address.ts";
import { machineAgents } from "./machine-agents.ts";
import { machineLogs } from "./machine-logs.ts";
import { machinePorts } from "./machine-ports.ts";
import { machineWatch } from "./machine-watch.ts";
import type { Reach } from "./reach.ts";
import { dockerProviderArgs } from "./run-script.ts";
import type { SatelliteSite } from "./satellite-site.ts";
import { reachOf } from "./site-reach.ts";

export interface SatelliteArgs {
  /** The satellite as its stack says it: itself and the two hubs. */
  site: SatelliteSite;
  /** Agents of all machines; those of this one are made here. */
  fleet: Fleet;
  /** What `findFiles` found on the machine; files changed by hand are written again. @default not looked */
  found?: Reach["found"];
  /** Values of the secrets that agents name, by name. @default none */
  agentSecrets?: Record<string, pulumi.Input<string>>;
  /** Needed when the site has `grafana.enabled`. */
  grafanaPassword?: pulumi.Input<string>;
  /** By which the care for the machine's logs is known to the home hub, where pushes need a token. @default none */
  logsToken?: pulumi.Input<string>;
}

/**
 * @example
 * const site = readStack();
 * if (site.role === "satellite") new Satellite(site.machine.name, { site, fleet: requireFleet() });
 */
export class Satellite extends pulumi.ComponentResource {
  /** The two hubs that its agents push to, the home hub first. @example ["http://192.0.2.20:9100", "http://192.0.2.10:9000"] */
  readonly hubUrls: readonly string[];
  /** Undefined without `prometheus.enabled`. */
  readonly prometheusUrl: pulumi.Output<string> | undefined;
  /** Undefined without `grafana.enabled`. */
  readonly grafanaUrl: pulumi.Output<string> | undefined;

  constructor(name: string, args: SatelliteArgs, opts?: pulumi.ComponentResourceOptions) {
    super("tandem:machine:Satellite", name, { ports: machinePorts(args.site, args.fleet) }, opts);
    const { site, fleet, found, agentSecrets = {}, grafanaPassword } = args;
    const [home, other] = hubsOf(site, fleet);
    this.hubUrls = [home, other].map(hubUrlOf);
    const reach = { ...reachOf(site), found };
    const engine = new docker.Provider(`${name}-docker`, dockerProviderArgs(reach), { parent: this });
    const children = { parent: this, providers: { docker: engine } };

    machineLogs(name, { site, fleet, reach, hub: home, token: args.logsToken }, children);
    machineAgents(name, { site, fleet, reach, secrets: agentSecrets }, children);
    const watch = machineWatch(name, { site, hubs: site.hubs, hubCa: hubCaOf(site), reach, grafanaPassword }, children);
    this.prometheusUrl = watch.prometheusUrl;
    this.grafanaUrl = watch.grafanaUrl;
    this.registerOutputs({ hubUrls: this.hubUrls });
  }
}

type KnownHub = SatelliteSite["hubs"][number];

/** One file for both: their CAs may be two while one takes the other's place. */
const hubCaOf = ({ hubs }: SatelliteSite) => [...new Set(hubs.map(({ hubCa }) => hubCa.trim()))].join("\n").trim();

/** The home hub first; stack and inventory must mean the same machine and the same pair. */
function hubsOf({ machine, hubs }: SatelliteSite, fleet: Fleet): [home: KnownHub, other: KnownHub] {
  const inventory = satellitesOf(fleet).find(({ name }) => name === machine.name);
  if (inventory === undefined) {
    throw new OperatorError(
      "fleet.satellite-unknown",
      `The stack says that ${machine.name} is a satellite, but fleet/${machine.name}.yaml is not there or has no watchedBy`,
      `Write it, with watchedBy: ${hubs.map(({ name }) => name).join(" or ")} (docs/fleet.md)`,
    );
  }
  const home = hubs.find(({ name }) => name === inventory.watchedBy);
  const other = hubs.find(({ name }) => name !== inventory.watchedBy);
  if (home !== undefined && other !== undefined) return [home, other];
  throw new OperatorError(
    "fleet.machine-unknown",
    `${machine.name} is watched by ${inventory.watchedBy}, but its stack knows the hubs of ${hubs.map(({ name }) => name).join(" and ")}`,
    `Name the machines alike in fleet/ and in tandem:hubs of Pulumi.${pulumi.getStack()}.yaml`,
  );
}
