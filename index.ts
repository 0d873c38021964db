/** The Pulumi program: one machine a stack, as its configuration and the fleet's inventory say. */
import * as pulumi from "@pulumi/pulumi";
import {
  firstLook,
  Machine,
  readAgentSecrets,
  readGrafanaPassword,
  readSiteSecrets,
  readStackConfig,
  sitePorts,
} from "./components/index.ts";
import { fleetDir, requireFleet } from "./fleet/load.ts";
import { build } from "./ops/build.ts";
import { OperatorError } from "./ops/error.ts";

async function declare(): Promise<Machine> {
  const site = readStackConfig();
  const fleet = requireFleet(fleetDir, sitePorts(site));
  const bundle = site.images.hub === "" ? await build() : undefined;
  const found = await firstLook(site);
  return new Machine(site.machine.name, {
    site,
    fleet,
    bundle,
    found,
    secrets: readSiteSecrets(site),
    agentSecrets: readAgentSecrets(),
    grafanaPassword: readGrafanaPassword(site),
  });
}

const machine = await declare().catch((error: unknown) => {
  // A RunError is printed without a stack, as an operator's error should be.
  throw error instanceof OperatorError ? new pulumi.RunError(error.toText()) : error;
});

const hubUrl = machine.hubUrl;

/** Where agents push to. */
export const hub = hubUrl;
/** The page for people. */
export const page = pulumi.interpolate`${hubUrl}/`;
/** What Prometheus scrapes. */
export const metrics = pulumi.interpolate`${hubUrl}/metrics`;
/** Every agent and both machines, as JSON. */
export const fleet = pulumi.interpolate`${hubUrl}/api/v1/fleet`;
/** Changes as server-sent events. */
export const events = pulumi.interpolate`${hubUrl}/api/v1/events`;
/** What is stored and copied, counted. */
export const ledger = pulumi.interpolate`${hubUrl}/api/v1/ledger`;
export const pushgateway = machine.pushgatewayUrl;
export const nats = machine.natsUrl;
/** NATS monitoring; reachable on the machine only. */
export const monitoring = machine.monitoringUrl;
/** The link between the two domains, as the dialling machine writes it. */
export const leaf = machine.leafUrl;
/** Name and tag, or digest, of the running hub. */
export const hubImage = machine.hubImageTag;
/** Only with `prometheus.enabled`. */
export const prometheus = machine.prometheusUrl;
/** Only with `grafana.enabled`. */
export const grafana = machine.grafanaUrl;
/** Whichever hub is ready; only with `virtualIp.address`. */
export const virtualHub = machine.virtualHubUrl;
