import { expect, it } from "vitest";
import { hubTuning } from "../../components/hub-tuning.ts";
import { Site } from "../../components/site.ts";
import { HubConfig } from "../../hub/config.ts";

const siteOf = (hub: object) =>
  Site.parse({
    machine: { name: "mainpc", address: "192.0.2.10" },
    peer: { name: "pc2", address: "192.0.2.20" },
    docker: { socket: "unix:///var/run/docker.sock" },
    hub,
  });

it("a stack that says nothing of its hub leaves it what it is by itself", () => {
  const { retentionMs, adminApi, groupExpiryMs, listenHost, spool } = hubTuning(siteOf({}));
  const { shape } = HubConfig;
  expect(retentionMs).toEqual(shape.retentionMs.parse(undefined));
  expect(adminApi).toBe(shape.adminApi.parse(undefined));
  expect([groupExpiryMs, listenHost]).toEqual([undefined, undefined]);
  expect(shape.spool.parse({ path: "/data/spool" })).toEqual(spool);
});

it("what a stack says is what the hub reads", () => {
  const hub = { groupExpirySeconds: "60", adminApi: "true", metricsHours: 1, alertsHours: 2, spoolMb: 64 };
  expect(hubTuning(siteOf(hub))).toMatchObject({
    groupExpiryMs: 60_000,
    adminApi: true,
    retentionMs: { metrics: 3_600_000, health: 86_400_000, alerts: 7_200_000 },
    spool: { maxBytes: 64 * 1024 * 1024 },
  });
});
