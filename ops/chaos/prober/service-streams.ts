/** Clients of the services that routers carry people to: each asks the route of its service's home first, then the other. */
import { askPort } from "../../../hub/io/port-watch.ts";
import { servicesAt } from "../services.ts";
import type { Stream } from "./sample.ts";

export const streamOfService = (service: string): string => `service ${service}`;

/** Of services whose route answers now; none where no hub does. */
export async function serviceStreams(
  machines: readonly { name: string; hubUrl: string }[],
  { everyMs, tryMs }: Pick<Stream, "everyMs" | "tryMs">,
): Promise<Stream[]> {
  const targetsOf = new Map<string, Stream["targets"]>();
  for (const { name: machine, hubUrl } of machines) {
    const host = new URL(hubUrl).hostname;
    for (const { name, home, route } of (await servicesAt(hubUrl)) ?? []) {
      if (typeof route !== "number" || (await askPort({ host, port: route, kind: "tcp" }, tryMs)) !== "heard") continue;
      const targets = targetsOf.get(name) ?? [];
      const target = { machine, url: `http://${host}:${route}/health` };
      // Clients ask the route of their own machine first, which is mostly their service's home.
      targetsOf.set(name, machine === home ? [target, ...targets] : [...targets, target]);
    }
  }
  return [...targetsOf].map(([name, targets]) => ({
    name: streamOfService(name),
    kind: "get",
    everyMs,
    tryMs,
    targets,
  }));
}
