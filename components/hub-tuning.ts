/** What a stack says of its hub beyond addresses and agents, in the hub's own words. */
import type { HubConfigInput } from "../hub/config.ts";
import { limitNames, PushLimits } from "../hub/core/push-limits.ts";
import { accessConf } from "./access-conf.ts";
import { spoolPath } from "./hub-paths.ts";
import { notificationsConf } from "./notifications-conf.ts";
import { remoteWriteConf } from "./remote-write-conf.ts";
import type { Site } from "./site.ts";
import { tlsConf } from "./tls-conf.ts";

const mib = 1024 ** 2;
const hourMs = 3_600_000;

export function hubTuning(site: Site): Partial<HubConfigInput> {
  const { hub, virtualIp, witness, objectives } = site;
  const notifications = notificationsConf(site);
  const remoteWrite = remoteWriteConf(site);
  const access = accessConf(site);
  const limits = changedLimits(hub.limits);
  return {
    // The virtual address is not there yet when the hub starts.
    ...(virtualIp.address === "" ? {} : { listenHost: "0.0.0.0" }),
    ...(hub.groupExpirySeconds === 0 ? {} : { groupExpiryMs: hub.groupExpirySeconds * 1_000 }),
    adminApi: hub.adminApi,
    ...(hub.allowedHosts.length === 0 ? {} : { allowedHosts: hub.allowedHosts }),
    retentionMs: {
      metrics: hub.metricsHours * hourMs,
      health: hub.healthHours * hourMs,
      alerts: hub.alertsHours * hourMs,
    },
    objectives: {
      target: shareOf(objectives.targetPercent),
      windowDays: objectives.windowDays,
      services: Object.fromEntries(
        objectives.services.map(({ name, targetPercent, ...own }) => [
          name,
          { ...own, ...(targetPercent === undefined ? {} : { target: shareOf(targetPercent) }) },
        ]),
      ),
    },
    ...(witness.host === "" ? {} : { witness }),
    // Left out where there is none, so that a site without notifications keeps its file as it was.
    ...(notifications === undefined ? {} : { notifications }),
    ...(remoteWrite === undefined ? {} : { remoteWrite }),
    ...(access === undefined ? {} : { access }),
    ...(limits === undefined ? {} : { limits }),
    ...tlsConf(site),
    spool: { path: spoolPath, maxBytes: hub.spoolMb * mib },
  };
}

/** Those that the stack sets otherwise than a hub has them by itself; undefined when there are none. */
function changedLimits(limits: PushLimits): Partial<PushLimits> | undefined {
  const defaults = PushLimits.parse({});
  const changed = limitNames.filter((limit) => limits[limit] !== defaults[limit]);
  return changed.length === 0 ? undefined : Object.fromEntries(changed.map((limit) => [limit, limits[limit]]));
}

/** @example "99.9" → 0.999, without the floating point's last digits */
const shareOf = (percent: string): number => Math.round(Number(percent) * 1_000) / 100_000;
