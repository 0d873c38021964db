/** The answer to `GET /api/v1/status`, in the Pushgateway's shape, of the hub itself. */
import type { HubConfig } from "../config.ts";
import type { HealthAnswer } from "./fleet-calls-json.ts";

export interface GatewayStatus {
  version: string;
  /** Wall time of the hub's start, ms. */
  startedAtMs: number;
  config: HubConfig;
  /** The hub's own, which a Pushgateway does not tell here. */
  health: HealthAnswer;
}

export function gatewayStatusJson({ version, startedAtMs, config, health }: GatewayStatus): string {
  const { hub } = config.machine;
  const build = { branch: "", buildDate: "", buildUser: "", goVersion: "", revision: "", version };
  // A Pushgateway's flags are texts; those that the hub has too keep their names.
  const flags = {
    "push.disable-consistency-check": "false",
    "push.group-expiry": config.groupExpiryMs === undefined ? "" : `${config.groupExpiryMs}ms`,
    "push.max-body-bytes": String(config.maxBodyBytes),
    "web.enable-admin-api": String(config.adminApi),
    "web.enable-lifecycle": "false",
    "web.listen-address": `${hub.host}:${hub.port}`,
    "web.telemetry-path": "/metrics",
  };
  const data = { build_information: build, flags, start_time: new Date(startedAtMs).toISOString() };
  return JSON.stringify({ status: "success", data, health });
}
