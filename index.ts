/** The Pulumi program: one machine a stack, as its configuration and the fleet's inventory say. */
import * as pulumi from "@pulumi/pulumi";
import {
  agentPorts,
  firstLook,
  fleetDirectoryOf,
  Machine,
  readAccessTokens,
  readAgentSecrets,
  readGrafanaPassword,
  readHubTlsKey,
  readLogsToken,
  readNotificationSecrets,
  readRemoteWriteSecrets,
  readSiteSecrets,
  readStack,
  Satellite,
  sitePorts,
} from "./components/index.ts";
import { requireFleet } from "./fleet/load.ts";
import { build } from "./ops/build.ts";
import { OperatorError } from "./ops/error.ts";

interface Outputs {
  /** Of a satellite the home hub's. */
  hubUrl: pulumi.Output<string> | string;
  /** Of a machine with a hub. */
  machine?: Machine;
  /** Of one without. */
  satellite?: Satellite;
}

async function declare(): Promise<Outputs> {
  const site = readStack();
  const fleet = requireFleet(fleetDirectoryOf(site), sitePorts(site));
  const { name } = site.machine;
  const own = {
    agentSecrets: readAgentSecrets(),
    grafanaPassword: readGrafanaPassword(site),
    logsToken: readLogsToken(site),
  };
  if (site.role === "satellite") {
    const satellite = new Satellite(name, {
      site,
      fleet,
      found: await firstLook(site, agentPorts(site, fleet)),
      ...own,
    });
    return { hubUrl: satellite.hubUrls[0] ?? "", satellite };
  }
  const built = site.images.hub === "" ? build() : undefined;
  // Both take seconds, and neither needs the other; what the look refuses comes first.
  built?.catch(() => {});
  const found = await firstLook(site, agentPorts(site, fleet));
  const bundles = await built;
  const secrets = {
    secrets: readSiteSecrets(site),
    notificationSecrets: readNotificationSecrets(),
    remoteWriteSecrets: readRemoteWriteSecrets(),
    accessTokens: readAccessTokens(),
    hubTlsKey: readHubTlsKey(site),
  };
  const machine = new Machine(name, { site, fleet, bundles, found, ...secrets, ...own });
  return { hubUrl: machine.hubUrl, machine };
}

const { hubUrl, machine, satellite } = await declare().catch((error: unknown) => {
  // A RunError is printed without a stack, as an operator's error should be.
  throw error instanceof OperatorError ? new pulumi.RunError(error.toText()) : error;
});

/** Where agents push to. */
export const hub = hubUrl;
/** Both hubs, of a satellite, the home hub first: what its agents push to. */
export const hubs = satellite?.hubUrls;
/** The page for people. */
export const page = pulumi.interpolate`${hubUrl}/`;
/** What the drills measured, the last one under the key `last`. */
export const drills = pulumi.interpolate`${hubUrl}/api/v1/documents/drills`;
/** What Prometheus scrapes. */
export const metrics = pulumi.interpolate`${hubUrl}/metrics`;
/** Every agent and all machines, as JSON. */
export const fleet = pulumi.interpolate`${hubUrl}/api/v1/fleet`;
/** Changes as server-sent events. */
export const events = pulumi.interpolate`${hubUrl}/api/v1/events`;
/** What is stored and copied, counted. */
export const ledger = pulumi.interpolate`${hubUrl}/api/v1/ledger`;
/** This and the next four only of a machine with a hub. */
export const pushgateway = machine?.pushgatewayUrl;
export const nats = machine?.natsUrl;
/** NATS monitoring; reachable on the machine only. */
export const monitoring = machine?.monitoringUrl;
/** The link between the two domains, as the dialling machine writes it. */
export const leaf = machine?.leafUrl;
/** Name and tag, or digest, of the running hub. */
export const hubImage = machine?.hubImageTag;
/** Only with `prometheus.enabled`. */
export const prometheus = (machine ?? satellite)?.prometheusUrl;
/** Only with `grafana.enabled`. */
export const grafana = (machine ?? satellite)?.grafanaUrl;
/** Whichever hub is ready; only with `virtualIp.address`. */
export const virtualHub = machine?.virtualHubUrl;
