import { expect, it } from "vitest";
import { FleetHealth } from "../../../hub/core/fleet-health.ts";
import { View, type ViewSources } from "../../../hub/http/view.ts";
import { smallConfig } from "../small-config.ts";

it("reads each agent's name some times for a view of 1,000 agents, and not once for each other one", () => {
  let reads = 0;
  const get = (agent: object, key: string | symbol): unknown => {
    if (key === "name") reads++;
    return Reflect.get(agent, key);
  };
  const probe = { kind: "http", host: "127.0.0.1", port: 6 } as const;
  const names = Array.from({ length: 1_000 }, (_, i) => `Agent${i}`);
  const config = smallConfig();
  const agents = smallConfig({
    agents: names.map((name) => ({ name, machine: "mainpc", group: "core", probe })),
    services: [],
  }).agents.map((agent) => new Proxy(agent, { get }));
  const judgement = { verdict: "alive", sinceMs: 0, reason: "" };
  const state = { judgement, parts: { hub: judgement, nats: judgement, pushgateway: judgement } };
  const ids = names.map((name) => `mainpc/${name}`);
  const view = new View({
    config: { ...config, agents },
    health: new FleetHealth("mainpc", ids, 0),
    causes: () => ({ below: new Map([["mainpc/Agent7", "mainpc"]]), hanging: new Map() }),
    judge: { state: () => state, heardAgoMs: () => null },
    reportAgoMs: () => null,
    records: { sync: { state: "in-sync", sinceMs: 0, reason: "" }, uncopied: { records: 0 } },
    scrapes: { status: () => undefined },
    fold: { groupCount: 0, seriesCount: 0 },
    maintenance: () => [],
    clock: () => 0,
    lagMs: () => 0,
  } as unknown as ViewSources); // all that the fleet's view asks
  expect(view.fleet().agents.map(({ name }) => name)).toEqual(names);
  expect(view.agent("mainpc/Agent7")).toMatchObject({ name: "Agent7", health: "unknown", below: "mainpc" });
  expect(() => view.agent("mainpc/Agent1000")).toThrow("no agent mainpc/Agent1000");
  expect(reads).toBeLessThan(5 * names.length);
});
