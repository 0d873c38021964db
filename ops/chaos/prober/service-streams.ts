/** Clients of the services that routers carry people to: each asks the route of its service's home first, then the other. */
import { askPort } from "../../../hub/io/port-watch.ts";
import { servicesAt } from "../services.ts";
import type { Stream } from "./sample.ts";

export const streamOfService = (service: string): string => `service ${service}`;

/** A route of a service: what a hub says of it, and whether anybody answers there. */
export interface Route {
  service: string;
  machine: string;
  url: string;
  /** Whether it is at the service's home. */
  home: boolean;
  answers: boolean;
}

/** All that these hubs know of; none where no hub answers. */
export async function routesAt(
  machines: readonly { name: string; hubUrl: string }[],
  deadlineMs: number,
): Promise<Route[]> {
  const routes: Route[] = [];
  for (const { name: machine, hubUrl } of machines) {
    const host = new URL(hubUrl).hostname;
    for (const { name: service, home, route } of (await servicesAt(hubUrl)) ?? []) {
      if (typeof route !== "number") continue;
      const answers = (await askPort({ host, port: route, kind: "tcp" }, deadlineMs)) === "heard";
      routes.push({ service, machine, url: `http://${host}:${route}/health`, home: machine === home, answers });
    }
  }
  return routes;
}

/** Clients ask the route of their own machine first, which is mostly their service's home. */
export function streamsOfRoutes(
  routes: readonly Route[],
  how: Pick<Stream, "everyMs" | "tryMs" | "skipLateMs">,
): Stream[] {
  return [...Map.groupBy(routes, ({ service }) => service)].map(([service, own]) => {
    const homeFirst = own.toSorted((a, b) => Number(b.home) - Number(a.home));
    const targets = homeFirst.map(({ machine, url }) => ({ machine, url }));
    return { name: streamOfService(service), kind: "get", targets, ...how };
  });
}

/** Of services whose route answers now. */
export async function serviceStreams(
  machines: readonly { name: string; hubUrl: string }[],
  how: Pick<Stream, "everyMs" | "tryMs">,
): Promise<Stream[]> {
  const routes = await routesAt(machines, how.tryMs);
  return streamsOfRoutes(
    routes.filter(({ answers }) => answers),
    how,
  );
}
