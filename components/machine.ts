/** One machine of the pair with all that stands on it: NATS, Pushgateway and hub, wired to each other and to the peer. */
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import type { Fleet } from "../fleet/model.ts";
import type { HubConfigInput, MachineConfig } from "../hub/config.ts";
import { hostPort } from "./address.ts";
import { Hub, hubSeedFile, hubUid } from "./hub.ts";
import { hubConfig } from "./hub-config.ts";
import { machineNotifications, machineRemoteWrite } from "./hub-secrets.ts";
import { hubTuning } from "./hub-tuning.ts";
import { JetStreamNode } from "./jetstream-node.ts";
import { handOnConnections } from "./kernel-setting.ts";
import { machineAccess } from "./machine-access.ts";
import { machineAgents } from "./machine-agents.ts";
import { machineLogs } from "./machine-logs.ts";
import { machinePorts } from "./machine-ports.ts";
import { machineRouter, machineRouterSockets } from "./machine-router.ts";
import { machineSupervisor, machineSupervisorSockets } from "./machine-supervisor.ts";
import { machineTls } from "./machine-tls.ts";
import { machineVirtualIp } from "./machine-virtual-ip.ts";
import { machineWatch } from "./machine-watch.ts";
import type { LeafArgs } from "./nats-conf.ts";
import type { NatsSecurity } from "./nats-security.ts";
import type { Bundles, ProgramImage, ProgramName } from "./program-image.ts";
import { Pushgateway } from "./pushgateway.ts";
import type { Reach } from "./reach.ts";
import { dockerProviderArgs } from "./run-script.ts";
import type { Site, SiteMachine } from "./site.ts";
import { reachOf } from "./site-reach.ts";
import { leafCertificateDays, type SiteSecrets } from "./site-secrets.ts";
import { hubCaOf } from "./tls-conf.ts";

export interface MachineArgs {
  /** The site as this machine sees it: itself, its peer, the link, images and limits. */
  site: Site;
  /** Agents of all machines; each hub knows them all. */
  fleet: Fleet;
  /** To be built into images on the machine. Needed unless `site.images.hub` names a finished one. */
  bundles?: Bundles;
  /** What `findFiles` found on the machine; files changed by hand are written again. @default not looked */
  found?: Reach["found"];
  /** Needed when the site has `security`. */
  secrets?: SiteSecrets;
  /** Values of the secrets that agents name, by name. @default none */
  agentSecrets?: Record<string, pulumi.Input<string>>;
  /** Values of the secrets that the site's notifications name, by name. @default none */
  notificationSecrets?: Record<string, pulumi.Input<string>>;
  /** Values of the secrets that the site's remote write names, by name. @default none */
  remoteWriteSecrets?: Record<string, pulumi.Input<string>>;
  /** The tokens that the site's access names, by name. @default none */
  accessTokens?: Record<string, pulumi.Input<string>>;
  /** Needed when the site has `hub.tls.certificate`. */
  hubTlsKey?: pulumi.Input<string>;
  /** Needed when the site has `grafana.enabled`. */
  grafanaPassword?: pulumi.Input<string>;
  /** By which the care for the machine's logs is known to its hub, where `access.push` has entries. @default none */
  logsToken?: pulumi.Input<string>;
}

/**
 * @example
 * const machine = new Machine("mainpc", { site: readStackConfig(), fleet: requireFleet(), bundles: await build() });
 * export const hub = machine.hubUrl;
 */
export class Machine extends pulumi.ComponentResource {
  readonly hubUrl: pulumi.Output<string>;
  readonly pushgatewayUrl: pulumi.Output<string>;
  readonly natsUrl: pulumi.Output<string>;
  readonly monitoringUrl: pulumi.Output<string>;
  /** The leaf port that this machine listens on or dials. */
  readonly leafUrl: string;
  readonly hubImageTag: pulumi.Output<string>;
  /** Undefined without `virtualIp.address`. */
  readonly virtualHubUrl: pulumi.Output<string> | undefined;
  /** Undefined without `prometheus.enabled`. */
  readonly prometheusUrl: pulumi.Output<string> | undefined;
  /** Undefined without `grafana.enabled`. */
  readonly grafanaUrl: pulumi.Output<string> | undefined;

  constructor(name: string, args: MachineArgs, opts?: pulumi.ComponentResourceOptions) {
    super("tandem:machine:Machine", name, { ports: machinePorts(args.site, args.fleet) }, opts);
    const { site, fleet, bundles } = args;
    const { machine, peer, images, limits, paths } = site;
    const reach = { ...reachOf(site), found: args.found };
    const engine = new docker.Provider(`${name}-docker`, dockerProviderArgs(reach), { parent: this });
    const children = { parent: this, providers: { docker: engine } };
    const secrets = secretsOf(args, this);
    const listens = site.leaf.listener === machine.name;
    this.leafUrl = `nats-leaf://${hostPort((listens ? machine : peer).address, site.leaf.port)}`;

    handOnConnections(name, reach, children);
    const seedFile =
      secrets &&
      hubSeedFile(
        `${name}-hub`,
        { reach, machine: machine.name, seed: secrets.hubSeed, directory: `${paths.config}/secrets/hub` },
        children,
      );
    const nats = new JetStreamNode(
      `${name}-nats`,
      {
        machine: machine.name,
        reach,
        image: images.nats,
        address: machine.address,
        clientPort: machine.natsPort,
        monitoringPort: machine.monitoringPort,
        leaf: leafOf(site, listens, this.leafUrl),
        security: secrets && natsSecurityOf(site, secrets),
        maxMemoryMb: site.jetstream.maxMemoryMb,
        maxStoreMb: site.jetstream.maxStoreMb,
        memoryMb: limits.natsMemoryMb,
        configDirectory: `${paths.config}/nats`,
        dataDirectory: `${paths.data}/jetstream`,
      },
      { ...children, dependsOn: seedFile ?? [] },
    );
    const pushgateway = new Pushgateway(
      `${name}-pushgateway`,
      {
        machine: machine.name,
        reach,
        image: images.pushgateway,
        address: machine.address,
        port: machine.pushgatewayPort,
        memoryMb: limits.pushgatewayMemoryMb,
        dataDirectory: `${paths.data}/pushgateway`,
      },
      children,
    );
    const sockets = machineSupervisorSockets(name, { site, fleet, reach }, children);
    const routerSockets = machineRouterSockets(name, { site, fleet, reach }, children);
    const notify = { site, reach, uid: hubUid, secrets: args.notificationSecrets ?? {} };
    const notificationSecrets = machineNotifications(name, notify, children);
    const write = { ...notify, secrets: args.remoteWriteSecrets ?? {} };
    const remoteWriteSecrets = machineRemoteWrite(name, write, children);
    const access = { site, reach, uid: hubUid, tokens: args.accessTokens ?? {} };
    const accessDirectory = machineAccess(name, access, children);
    const keys = { leafKey: secrets?.leafKey, hubTlsKey: args.hubTlsKey };
    const tls = machineTls(name, { site, reach, uid: hubUid, ...keys }, children);
    const hub = new Hub(
      `${name}-hub`,
      {
        reach,
        config: hubConfig({
          machine: partsOf(machine),
          peer: partsOf(peer),
          fleet,
          satellites: Object.fromEntries(site.satellites.map((satellite) => [satellite.name, satellite.address])),
          references: site.references.map(addressOf),
          tuning: hubTuning(site),
        }),
        image: imageOf(site, bundles, "hub"),
        memoryMb: limits.hubMemoryMb,
        configDirectory: `${paths.config}/hub`,
        dataDirectory: `${paths.data}/hub`,
        seedFile,
        notificationSecrets,
        remoteWriteSecrets,
        accessDirectory,
        tlsDirectory: tls.directory,
        tlsSecrets: tls.secrets,
        supervisorSockets: sockets,
        routerSockets,
      },
      // A hub whose machine has no NATS yet answers 503 to pushes; it comes last.
      { ...children, dependsOn: [nats, pushgateway] },
    );

    // The hub speaks to each as soon as it is there.
    const beside = { ...children, dependsOn: hub };
    const router = { site, fleet, reach, image: imageOf(site, bundles, "router"), sockets: routerSockets };
    machineRouter(name, router, beside);
    machineSupervisor(name, { site, fleet, reach, image: imageOf(site, bundles, "supervisor"), sockets }, beside);
    // After the hub, so that the first run finds it there.
    const logs = { site, fleet, reach, hub: machine, token: args.logsToken };
    machineLogs(name, logs, { ...children, dependsOn: hub });
    // After the hub, so that what they push from the first second on is taken.
    const carries = { site, peer: peer.name, fleet, reach, secrets: args.agentSecrets ?? {} };
    machineAgents(name, carries, { ...children, dependsOn: hub });
    const watch = machineWatch(
      name,
      { site, hubs: [machine, peer], hubCa: hubCaOf(site), reach, grafanaPassword: args.grafanaPassword },
      children,
    );
    this.virtualHubUrl = machineVirtualIp(name, { site, reach }, { ...children, dependsOn: hub });
    this.prometheusUrl = watch.prometheusUrl;
    this.grafanaUrl = watch.grafanaUrl;
    this.hubUrl = hub.url;
    this.hubImageTag = hub.imageTag;
    this.pushgatewayUrl = pushgateway.url;
    this.natsUrl = nats.url;
    this.monitoringUrl = nats.monitoringUrl;
    this.registerOutputs({ hubUrl: this.hubUrl, pushgatewayUrl: this.pushgatewayUrl, natsUrl: this.natsUrl });
  }
}

/** Days before the end of a certificate from which each run speaks of it. */
const certificateWarningDays = 60;

/** What a site without keys leaves open is said at each run. */
function secretsOf({ site, secrets }: MachineArgs, machine: pulumi.Resource): SiteSecrets | undefined {
  const { name } = site.machine;
  if (site.security.hubKey === "") {
    const open = `NATS of ${name} asks nobody who they are, and its link to the peer is not encrypted`;
    void pulumi.log.warn(
      `${open}. Keep the network to machines you trust, or run tandem init (docs/pulumi.md, Security).`,
      machine,
    );
    return undefined;
  }
  if (secrets === undefined) throw new RangeError("a Machine whose site has security needs secrets");
  const days = leafCertificateDays(site, new Date());
  if (days < certificateWarningDays) {
    const ends = days < 0 ? `ended ${-days} days ago` : `ends in ${days} days`;
    void pulumi.log.warn(
      `The certificate of ${name} for the link ${ends}. Renew both: tandem init --renew-certificates.`,
      machine,
    );
  }
  return secrets;
}

function natsSecurityOf({ peer, security, paths }: Site, { leafKey }: SiteSecrets): NatsSecurity {
  const { agentKey, agentKeys, ...known } = security;
  return {
    ...known,
    peer: peer.name,
    agentKeys: Object.fromEntries(agentKeys.map(({ name, key }) => [name, key])),
    sharedAgentKey: agentKey === "" ? undefined : agentKey,
    leafKey,
    secretDirectory: `${paths.config}/secrets/nats`,
  };
}

function leafOf({ machine, leaf }: Site, listens: boolean, url: string): LeafArgs {
  return listens ? { kind: "listen", host: machine.address, port: leaf.port } : { kind: "dial", url };
}

function imageOf({ images }: Site, bundles: Bundles | undefined, program: ProgramName): ProgramImage {
  if (images.hub !== "") return { kind: "pull", name: images.hub };
  if (bundles === undefined) throw new RangeError("a Machine without images.hub needs bundles to build images of");
  const { path, contentHash } = bundles[program];
  const { hubBase: base, platform } = images;
  return { kind: "build", program, bundlePath: path, bundleHash: contentHash, base, platform };
}

function partsOf(machine: SiteMachine): MachineConfig {
  const at = (port: number) => ({ host: machine.address, port });
  return {
    name: machine.name,
    hubName: machine.hubName,
    hub: at(machine.hubPort),
    nats: at(machine.natsPort),
    monitoring: { host: "127.0.0.1", port: machine.monitoringPort },
    pushgateway: at(machine.pushgatewayPort),
    beats: at(machine.beatsPort),
  };
}

function addressOf(reference: string): NonNullable<HubConfigInput["references"]>[number] {
  const colon = reference.lastIndexOf(":");
  return { host: reference.slice(0, colon), port: Number(reference.slice(colon + 1)) };
}
