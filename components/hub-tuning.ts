/** What a stack says of its hub beyond addresses and agents, in the hub's own words. */
import type { HubConfigInput } from "../hub/config.ts";
import { spoolPath } from "./hub.ts";
import type { Site } from "./site.ts";

const mib = 1024 ** 2;
const hourMs = 3_600_000;

export function hubTuning({ hub, virtualIp, witness }: Site): Partial<HubConfigInput> {
  return {
    // The virtual address is not there yet when the hub starts.
    ...(virtualIp.address === "" ? {} : { listenHost: "0.0.0.0" }),
    ...(hub.groupExpirySeconds === 0 ? {} : { groupExpiryMs: hub.groupExpirySeconds * 1_000 }),
    adminApi: hub.adminApi,
    retentionMs: {
      metrics: hub.metricsHours * hourMs,
      health: hub.healthHours * hourMs,
      alerts: hub.alertsHours * hourMs,
    },
    ...(witness.host === "" ? {} : { witness }),
    spool: { path: spoolPath, maxBytes: hub.spoolMb * mib },
  };
}
