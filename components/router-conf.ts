/** Renders one machine's router configuration: a route for each agent of the fleet that has one. */
import type { Fleet } from "../fleet/model.ts";
import type { RouterConfigInput } from "../hub/router/config.ts";

export interface RouterConfArgs extends Omit<RouterConfigInput, "v" | "routes"> {
  fleet: Fleet;
  /** Port that a port of this machine has become, where ports are shifted. @default the same */
  portOf?: (machine: string, port: number) => number;
}

/** Routes keep the fleet's order; both machines of the pair have all of them. */
export function routerConfig({ fleet, portOf, ...own }: RouterConfArgs): RouterConfigInput {
  const routes = fleet.agents.flatMap(({ name, route }) =>
    route === undefined ? [] : [{ service: name, port: portOf?.(own.machine, route) ?? route }],
  );
  return { v: 1, ...own, routes };
}

/** The file's text: two spaces of indent, so that a preview shows a changed route as its own lines. */
export const renderRouterConfig = (config: RouterConfigInput): string => `${JSON.stringify(config, null, 2)}\n`;
