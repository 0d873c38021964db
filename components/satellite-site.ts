/** A satellite as its stack says it: how it is reached, the two hubs that it knows, and what else than agents stands on it. */
import { z } from "zod";
import { accessGroup } from "./site/access-group.ts";
import { checkCommon, checkWatchPorts, refuser } from "./site/common-checks.ts";
import { commonGroups } from "./site/common-groups.ts";
import { notificationGroup } from "./site/notification-group.ts";
import { pairGroups, ports, SiteMachine } from "./site/pair-groups.ts";
import { remoteWriteGroup } from "./site/remote-write-group.ts";
import { certificate, flag, host, machineName, port } from "./site/values.ts";

const KnownHub = z.strictObject({
  /** Its machine. */
  name: machineName,
  /** Where it is reached. */
  address: host,
  hubPort: port(9000),
  /** Whether it speaks TLS. */
  hubTls: flag(false),
  /** PEM of the CA of its certificate, for a Prometheus here. */
  hubCa: certificate,
});

/** Pulumi hands every stack the defaults that Pulumi.yaml has, so these keys are there, and must be as they were. */
const notHere = {
  peer: SiteMachine.extend({ name: z.string().default(""), address: z.string().default("") }).prefault({}),
  satellites: z.array(z.unknown()).default([]),
  ...pairGroups,
  ...notificationGroup,
  ...remoteWriteGroup,
  ...accessGroup,
};
const hubKeys = ["hubName", "hubTls", ...Object.keys(ports)];

/** As it is written; `SatelliteSite` is what is left of it. */
export const SatelliteKeys = z.strictObject({
  role: z.literal("satellite"),
  machine: SiteMachine,
  /** The pair: both hubs, for whoever pushes from here. */
  hubs: z.array(KnownHub).default([]),
  ...notHere,
  ...commonGroups,
});

export const SatelliteSite = SatelliteKeys.superRefine((site, context) => {
  const refuse = refuser(context);
  for (const [group, schema] of Object.entries(notHere)) {
    for (const key of changedKeys(schema, Reflect.get(site, group), group))
      refuse(key, "nothing, since a satellite has no hub, NATS or Pushgateway", { remove: true });
  }
  // A name or an address that will not do is refused by itself.
  const bare = SiteMachine.safeParse({ name: site.machine.name, address: site.machine.address });
  for (const key of hubKeys) {
    if (bare.success && Reflect.get(site.machine, key) !== Reflect.get(bare.data, key))
      refuse(`machine.${key}`, "nothing, since a satellite has no hub, NATS or Pushgateway", { remove: true });
  }
  for (const index of [0, 1]) {
    if (site.hubs[index] === undefined) refuse(`hubs.${index}.name`, "a machine of the pair, of which both stand here");
  }
  if (site.hubs.length > 2) refuse("hubs.2", "nothing, since a pair has two hubs", { remove: true });
  const names = new Map([[site.machine.name, "machine.name"]]);
  for (const [index, { name }] of site.hubs.entries()) {
    const other = names.get(name);
    if (other !== undefined) refuse(`hubs.${index}.name`, `a name of its own; ${name} is already ${other}`);
    names.set(name, `hubs[${index}].name`);
    const { hubTls, hubCa } = site.hubs[index] ?? {};
    if (hubTls && hubCa === "" && site.prometheus.enabled)
      refuse(`hubs.${index}.hubCa`, "the CA of its certificate, since prometheus.enabled is set and it speaks TLS");
  }
  checkCommon(site, refuse);
  checkWatchPorts(site, new Map(), refuse);
}).transform(
  ({ role, machine, hubs, fleet, ssh, docker, images, paths, logs, models, prometheus, grafana, preview }) => ({
    role,
    machine: { name: machine.name, address: machine.address },
    hubs,
    fleet,
    ssh,
    docker,
    images,
    paths,
    logs,
    models,
    prometheus,
    grafana,
    preview,
  }),
);
export type SatelliteSite = z.infer<typeof SatelliteSite>;

/** Paths below a group that are not at their default; the group itself when it is a list. */
function changedKeys(schema: z.ZodType, value: unknown, path: string): string[] {
  const usual: unknown = schema.parse(undefined);
  if (JSON.stringify(usual) === JSON.stringify(value)) return [];
  if (Array.isArray(value)) return [path];
  return Object.entries(Object(value))
    .filter(([key, given]) => JSON.stringify(given) !== JSON.stringify(Reflect.get(Object(usual), key)))
    .map(([key]) => `${path}.${key}`);
}
