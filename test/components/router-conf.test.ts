import { expect, it } from "vitest";
import { renderRouterConfig, routerConfig } from "../../components/router-conf.ts";
import { requireFleet } from "../../fleet/load.ts";
import { RouterConfig } from "../../hub/router/config.ts";
import { planSite } from "../../ops/local/site.ts";

const own = { socket: "/run/tandem/router.sock", listenHost: "0.0.0.0", stateFile: "/data/epochs.json" };

it("both machines' routers have a route for each agent that declares one, at its port, and no other", () => {
  const fleet = requireFleet();
  const declared = fleet.agents.flatMap(({ name, route }) => (route === undefined ? [] : [`${name} ${route}`]));
  expect(declared.length).toBeGreaterThan(10);
  for (const machine of ["mainpc", "pc2"]) {
    const { routes } = RouterConfig.parse(JSON.parse(renderRouterConfig(routerConfig({ ...own, machine, fleet }))));
    expect(routes.map(({ service, port }) => `${service} ${port}`)).toEqual(declared);
  }
});

it("on one computer the two machines' routes are on ports of their own", () => {
  const fleet = requireFleet();
  const { plan } = planSite(fleet, 0);
  const ports = ["mainpc", "pc2"].flatMap((machine) =>
    routerConfig({ ...own, machine, fleet, portOf: plan.of }).routes.map(({ port }) => port),
  );
  expect(new Set(ports).size).toBe(ports.length);
  const others = plan.ports.filter(({ what }) => !what.endsWith(" route")).map(({ localPort }) => localPort);
  expect(ports.filter((port) => others.includes(port))).toEqual([]);
});
