/** What a stack says of its hub beyond addresses and agents, in the hub's own words. */
import type { HubConfigInput } from "../hub/config.ts";
import { spoolPath } from "./hub.ts";
import { notificationsConf } from "./notifications-conf.ts";
import type { Site } from "./site.ts";

const mib = 1024 ** 2;
const hourMs = 3_600_000;

export function hubTuning(site: Site): Partial<HubConfigInput> {
  const { hub, virtualIp, witness, objectives } = site;
  const notifications = notificationsConf(site);
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
    spool: { path: spoolPath, maxBytes: hub.spoolMb * mib },
  };
}

/** @example "99.9" → 0.999, without the floating point's last digits */
const shareOf = (percent: string): number => Math.round(Number(percent) * 1_000) / 100_000;
