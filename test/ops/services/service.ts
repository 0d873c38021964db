import type { ServiceJson } from "../../../hub/http/api.ts";

/** A single writer at its home, as a hub tells of it; changed by a test. */
export const service = (change: Partial<ServiceJson> = {}): ServiceJson => ({
  name: "Twin",
  home: "mainpc",
  standby: "pc2",
  mode: "warm",
  singleWriter: true,
  owner: "mainpc",
  epoch: 4,
  state: "home",
  acts: true,
  reason: "",
  route: 11_020,
  instances: {
    mainpc: { host: "192.0.2.10", port: 7_220, health: "healthy" },
    pc2: { host: "192.0.2.20", port: 12_020, health: "unhealthy" },
  },
  ...change,
});
