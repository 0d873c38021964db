/** The Pulumi program: one machine a stack, as its configuration and the fleet's inventory say. */
import * as pulumi from "@pulumi/pulumi";
import {
  type FoundFiles,
  findFiles,
  Machine,
  reachOf,
  readSiteSecrets,
  readStackConfig,
  rootsOf,
  type Site,
  sitePorts,
} from "./components/index.ts";
import { fleetDir, requireFleet } from "./fleet/load.ts";
import { build } from "./ops/build.ts";
import { OperatorError } from "./ops/error.ts";

async function declare(): Promise<Machine> {
  const site = readStackConfig();
  const fleet = requireFleet(fleetDir, sitePorts(site));
  const bundle = site.images.hub === "" ? await build() : undefined;
  const found = site.preview.drift ? await look(site) : undefined;
  return new Machine(site.machine.name, { site, fleet, bundle, found, secrets: readSiteSecrets(site) });
}

/** Warns of files that were changed by hand; a machine that does not answer must not keep a preview from being seen. */
async function look(site: Site): Promise<FoundFiles | undefined> {
  const { name } = site.machine;
  try {
    const found = await findFiles(reachOf(site), rootsOf(site));
    for (const { path, kind } of found.changed()) {
      const how = kind === "missing" ? "was deleted" : "differs from what was deployed (changed by hand)";
      await pulumi.log.warn(`${path} on ${name} ${how}: up will replace it`);
    }
    return found;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    await pulumi.log.warn(
      `The files on ${name} were not looked at, so a change by hand would not show: ${why}. ` +
        "Where the machine cannot be reached: pulumi config set --path preview.drift false",
    );
    return undefined;
  }
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
