/** Decides how an imported agent is asked for its health, and on which port. Pure. */
import type { HealthSpec } from "../model.ts";
import type { StartupAgent } from "./agent.ts";
import type { Report } from "./finding.ts";
import { nameOfHolder, type PortBook } from "./port-book.ts";

export type HealthKind = HealthSpec["kind"];

export interface PlacedHealth {
  kind: HealthKind;
  port: number;
}

/** @param clash whether somebody else than an agent has the port that the file states */
export function placeHealth(
  agent: StartupAgent,
  port: number,
  clash: boolean,
  machines: readonly string[],
  book: PortBook,
  report: Report,
): PlacedHealth {
  const kind = kindOf(agent, port, report);
  const { id, name, machine, healthPort: stated } = agent;
  // Nothing answers there; that the service accepts is all there is to know.
  if (isSilent(agent)) return { kind, port };
  const holder = { what: `${name}'s health port`, id, place: agent.place(agent.healthKey) };
  const byDefault = port + 1;
  const neighbour = book.holder(machine, byDefault);
  if (stated === undefined) {
    const free = neighbour === undefined ? byDefault : book.freeFrom(port + 1_000, machines);
    if (free === undefined) {
      report.error(agent.place(), "health.port", `${id} states no health port`, "State one in the startup file", id);
      return { kind, port: byDefault };
    }
    book.take(machine, free, holder);
    const why = neighbour === undefined ? "the code's default is port + 1" : `port + 1 is ${nameOfHolder(neighbour)}`;
    const next = `Start it with health port ${free}, or correct it`;
    report.warn(agent.place(), "health.port", `${id} states no health port; written: ${free}, since ${why}`, next, id);
    return { kind, port: free };
  }
  if (agent.healthPortUsed === "port_plus_1" && stated !== byDefault) {
    const seen = `${id} states health port ${stated}, but its code listens on port + 1, ${byDefault}`;
    const place = agent.place(agent.healthKey);
    if (neighbour === undefined) {
      book.take(machine, byDefault, holder);
      const message = `${seen}; written: ${byDefault}, since a probe of ${stated} would find nobody and call it dead`;
      const next = `Once it is started with health port ${stated}, write that`;
      report.warn(place, "health.port", message, next, id);
      return { kind, port: byDefault };
    }
    if (!clash) {
      const message = `${seen}; written: ${stated}, since ${byDefault} is ${nameOfHolder(neighbour)} and cannot be both`;
      const next = `Start it with health port ${stated}: until then it and its neighbour fight for ${byDefault}`;
      report.warn(place, "health.port", message, next, id);
      return { kind, port: stated };
    }
  }
  if (!seenWays.has(agent.healthPortUsed)) {
    const message = `nobody has seen on which port ${id} answers; written: ${stated}, as the file states it`;
    report.warn(agent.place(agent.healthKey), "health.port", message, "Look which port it listens on", id);
  }
  return clash ? { kind, port: moved(agent, stated, machines, book, report) } : { kind, port: stated };
}

function moved(agent: StartupAgent, stated: number, machines: readonly string[], book: PortBook, report: Report) {
  const { id, name, machine } = agent;
  const place = agent.place(agent.healthKey);
  const other = book.holder(machine, stated);
  const message = `port ${stated} on ${machine}: ${name}'s health port is also ${other === undefined ? "taken" : nameOfHolder(other)}`;
  const free = book.freeFrom(stated + 1, machines);
  if (free === undefined) {
    report.error(place, "port.reserved", message, "Give it a free port in the startup file", id);
    return stated;
  }
  book.take(machine, free, { what: `${name}'s health port`, id, place });
  const next = `Start it with health port ${free}`;
  report.warn(place, "port.moved", `${message}; written: ${free}, the next free one`, next, id);
  return free;
}

/** The port that is stated, as far as anybody has looked. */
const seenWays = new Set([undefined, "configured", "from_kwargs", "port_plus_1"]);

export const isSilent = ({ healthKind }: StartupAgent) => healthKind === "none";

/** Agents answer ZeroMQ unless something else is known of them. */
function kindOf(agent: StartupAgent, port: number, report: Report): HealthKind {
  const { id, healthKind } = agent;
  const place = agent.place("health_kind");
  switch (healthKind) {
    case undefined:
    case "zmq":
    case "zmq_rep":
      return "zmq";
    case "zmq_rep+http": {
      const message = `${id} answers ZeroMQ and HTTP; written: zmq, which is asked on its health port`;
      report.note(place, "health.kind", message, "", id);
      return "zmq";
    }
    case "http": {
      const message = `${id} answers HTTP alone; written: http, with its health port for its HTTP port too`;
      report.note(place, "health.kind", message, "", id);
      return "http";
    }
    case "tcp":
      return "tcp";
    case "none": {
      const message = `${id} answers nothing about its health; written: tcp on its port ${port}, which says only that it accepts`;
      report.warn(place, "health.kind", message, "Teach it to answer, and write kind and healthPort then", id);
      return "tcp";
    }
    default: {
      const message = `${id} has health_kind ${healthKind}, which is unknown; written: tcp, which says only that it accepts`;
      report.warn(place, "health.kind", message, "Write zmq or http if it answers one of them", id);
      return "tcp";
    }
  }
}
