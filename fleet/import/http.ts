/** Decides where an imported agent serves HTTP: on health port + 1 as it does by itself, unless that is a neighbour's. Pure. */
import type { StartupAgent } from "./agent.ts";
import { firstEphemeralPort, httpDistance } from "./conventions.ts";
import type { Report } from "./finding.ts";
import { isSilent, type PlacedHealth } from "./health.ts";
import { nameOfHolder, type PortBook } from "./port-book.ts";

/** An extra port of this name serves the metrics, so it is the HTTP port. */
const metricsName = /^(metrics|prometheus|http)_port$/;

export function placeHttp(
  agent: StartupAgent,
  port: number,
  health: PlacedHealth,
  machines: readonly string[],
  book: PortBook,
  report: Report,
): number {
  const { id, name, machine } = agent;
  if (health.kind === "http") return health.port;
  const metrics = agent.extraPorts.find((extra) => metricsName.test(extra.name));
  if (metrics !== undefined && metrics.port !== agent.port && metrics.port !== health.port) {
    const message = `${id} serves its metrics on ${metrics.name} ${metrics.port}; written as httpPort`;
    report.note(metrics.place, "http.port", message, "", id);
    return metrics.port;
  }
  if (metrics !== undefined && metrics.port === agent.port) {
    const message = `${id} serves its metrics on its port (${metrics.name} ${metrics.port}), which httpPort cannot be`;
    report.warn(metrics.place, "http.port", message, "Have it serve them on its httpPort too", id);
  }
  // One that answers nothing listens on its service port alone; HTTP is expected where its health port would lead to.
  const wanted = (isSilent(agent) ? (agent.healthPort ?? port) : health.port) + 1;
  const holder = { what: `${name}'s HTTP port`, id, place: agent.place() };
  const neighbour = book.take(machine, wanted, holder);
  if (neighbour === undefined) return wanted;
  const far = port + httpDistance < firstEphemeralPort ? port + httpDistance : port - httpDistance;
  const free = book.freeFrom(Math.max(far, 1_024), machines);
  const message = `port ${wanted} on ${machine}: ${name}'s HTTP port, health port + 1, is also ${nameOfHolder(neighbour)}`;
  const place = agent.place(agent.healthKey);
  if (free === undefined) {
    report.error(place, "http.port", message, "Give it another health port in the startup file", id);
    return wanted;
  }
  book.take(machine, free, holder);
  report.warn(place, "http.port", `${message}; written: ${free}`, `Start it with HTTP port ${free}`, id);
  return free;
}
