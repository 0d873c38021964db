import { expect, it } from "vitest";
import { hubTuning } from "../../components/hub-tuning.ts";
import { Site } from "../../components/site.ts";
import { HubConfig } from "../../hub/config.ts";

const siteOf = (hub: object, objectives: object = {}) =>
  Site.parse({
    machine: { name: "mainpc", address: "192.0.2.10" },
    peer: { name: "pc2", address: "192.0.2.20" },
    docker: { socket: "unix:///var/run/docker.sock" },
    hub,
    objectives,
  });

it("a stack that says nothing of its hub leaves it what it is by itself", () => {
  const { retentionMs, adminApi, groupExpiryMs, listenHost, spool, objectives, limits } = hubTuning(siteOf({}));
  const { shape } = HubConfig;
  expect(retentionMs).toEqual(shape.retentionMs.parse(undefined));
  expect(objectives).toEqual(shape.objectives.parse(undefined));
  expect(adminApi).toBe(shape.adminApi.parse(undefined));
  expect([groupExpiryMs, listenHost, limits]).toEqual([undefined, undefined, undefined]);
  expect(shape.spool.parse({ path: "/data/spool" })).toEqual(spool);
});

it("what a stack says is what the hub reads", () => {
  const hub = {
    groupExpirySeconds: "60",
    adminApi: "true",
    metricsHours: 1,
    alertsHours: 2,
    spoolMb: 64,
    allowedHosts: ["hub.example.org"],
  };
  expect(hubTuning(siteOf(hub))).toMatchObject({
    groupExpiryMs: 60_000,
    adminApi: true,
    allowedHosts: ["hub.example.org"],
    retentionMs: { metrics: 3_600_000, health: 86_400_000, alerts: 7_200_000 },
    spool: { maxBytes: 64 * 1024 * 1024 },
  });
});

it("a limit that a stack sets is set at the hub, and no other", () => {
  const limits = { series: "1000000", seriesPerJob: 50_000 };
  expect(hubTuning(siteOf({ limits })).limits).toEqual({ series: 1_000_000 });
});

it("a promise in percent is a share to the hub, 99.95 % as 0.9995, and what differs for a service goes with its name", () => {
  const services = [
    { name: "TutorAgent", targetPercent: "99.5", path: "/livez" },
    { name: "Twin", windowDays: 7 },
  ];
  const { objectives } = hubTuning(siteOf({}, { targetPercent: 99.95, windowDays: "90", services }));
  expect(objectives).toEqual({
    target: 0.9995,
    windowDays: 90,
    services: { TutorAgent: { target: 0.995, path: "/livez" }, Twin: { windowDays: 7 } },
  });
  expect(HubConfig.shape.objectives.parse(objectives)).toEqual(objectives);
});
