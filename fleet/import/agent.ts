/** Reads what a startup file says of one agent. Pure. */
import { z } from "zod";
import type { Place } from "../finding.ts";
import type { Report } from "./finding.ts";
import { listed } from "./finding.ts";
import type { Entry } from "./forms.ts";
import { readPort } from "./port.ts";

export interface StartupAgent {
  id: string;
  name: string;
  machine: string;
  group: string | undefined;
  required: boolean;
  port: number;
  /** Undefined where the file states none. */
  healthPort: number | undefined;
  healthKind: string | undefined;
  /** What the code was seen to listen on: `configured`, `from_kwargs`, `port_plus_1`. */
  healthPortUsed: string | undefined;
  extraPorts: { name: string; port: number; place: Place }[];
  dependencies: string[];
  batch: string | undefined;
  /** The name of its health port's key, for places. */
  healthKey: string;
  dependsKey: string;
  place: Entry["place"];
}

const PortText = z.union([z.number(), z.string()]);
const Fields = z.looseObject({
  port: PortText.optional(),
  health_port: PortText.nullish(),
  health_check_port: PortText.nullish(),
  health_kind: z.string().nullish(),
  health_port_used: z.string().nullish(),
  extra_ports: z.record(z.string(), PortText).nullish(),
  group: z.string().min(1).nullish(),
  batch: PortText.nullish(),
  required: z.boolean().nullish(),
  dependencies: z.array(z.string()).nullish(),
});

/** As in the inventory's own schema. */
const agentName = /^[A-Za-z][A-Za-z0-9_-]*$/;
const dependsKey = "dependencies";

export function readAgents(entries: readonly Entry[], offset: number, report: Report): StartupAgent[] {
  const first = new Map<string, Place>();
  const agents = entries.flatMap((entry) => {
    const id = `${entry.machine}/${entry.name}`;
    const twin = first.get(id);
    if (twin === undefined) {
      first.set(id, entry.place());
      return readAgent(entry, offset, report);
    }
    const message = `${entry.name} stands on ${entry.machine} twice (first: ${twin.file}:${twin.line})`;
    report.error(entry.place(), "name.twice", message, "Rename one of them", id);
    return [];
  });
  noteLeftKeys(entries, report);
  noteRequired(entries, report);
  return agents;
}

function readAgent(entry: Entry, offset: number, report: Report): StartupAgent[] {
  const { name, machine, place } = entry;
  const id = `${machine}/${name}`;
  const refuse = (at: Place, code: string, message: string, next: string) => report.error(at, code, message, next, id);
  const before = report.findings.length;
  if (!agentName.test(name))
    refuse(place(), "name.form", `${name} is no agent's name`, "Use letters, digits, - and _, a letter first");
  const parsed = Fields.safeParse(entry.fields);
  if (!parsed.success) {
    for (const { path, message } of parsed.error.issues) {
      const keys = path.filter((key) => typeof key !== "symbol");
      refuse(place(...keys), "agent.value", `${keys.join(".")}: ${message}`, "Correct the value");
    }
    return [];
  }
  const fields = parsed.data;
  const portOf = (value: unknown, ...keys: string[]): number => {
    const port = readPort(value, offset);
    if (typeof port === "number") return port;
    refuse(
      place(...keys),
      "port.unresolved",
      `${keys.join(".")}: ${port}`,
      "Write a number from 1 to 65535 in the startup file",
    );
    return 0;
  };
  if (fields.port === undefined) {
    refuse(place(), "port.none", `${id} states no port`, "Write the port of its service");
    return [];
  }
  const healthKey = (fields.health_port ?? undefined) === undefined ? "health_check_port" : "health_port";
  const health = fields[healthKey] ?? undefined;
  if (fields.health_port != null && fields.health_check_port != null && fields.health_port !== fields.health_check_port)
    refuse(place("health_check_port"), "port.unresolved", "health_port and health_check_port differ", "Take one out");
  const agent: StartupAgent = {
    id,
    name,
    machine,
    group: fields.group ?? entry.group,
    required: fields.required ?? true,
    port: portOf(fields.port, "port"),
    healthPort: health === undefined ? undefined : portOf(health, healthKey),
    healthKind: fields.health_kind ?? undefined,
    healthPortUsed: fields.health_port_used ?? undefined,
    extraPorts: Object.entries(fields.extra_ports ?? {}).map(([key, value]) => ({
      name: key,
      port: portOf(value, "extra_ports", key),
      place: place("extra_ports", key),
    })),
    dependencies: fields.dependencies ?? [],
    batch: fields.batch == null ? undefined : String(fields.batch),
    healthKey,
    dependsKey,
    place,
  };
  return report.findings.slice(before).some(({ severity }) => severity === "error") ? [] : [agent];
}

/** One note a key and file: what every agent has would else drown the rest. */
function noteLeftKeys(entries: readonly Entry[], report: Report): void {
  const known = new Set(["name", ...Object.keys(Fields.shape)]);
  const left = entries.flatMap((entry) =>
    Object.entries(entry.fields)
      // `gpu: false` says nothing that the inventory would have to say.
      .filter(([key, value]) => !known.has(key) && !(key === "gpu" && value !== true))
      .map(([key]) => ({ key, entry })),
  );
  for (const uses of Map.groupBy(left, ({ key, entry }) => `${entry.place().file}\0${key}`).values()) {
    const [{ key, entry } = { key: "", entry: undefined }] = uses;
    if (entry === undefined) continue;
    const names = uses.map((use) => use.entry.name);
    const message = `${key} is not carried over: ${listed(names)}`;
    report.note(entry.place(key), "key.left", message, nextOf[key] ?? "", `${entry.machine}/${entry.name}`);
  }
}

const nextOf: Record<string, string> = {
  gpu: "State vramMb of what may move, and container.gpu of what Tandem is to start",
  script_path: "State container of what Tandem is to start; what it does not start needs none",
};

function noteRequired(entries: readonly Entry[], report: Report): void {
  const silent = entries.filter(({ fields }) => (fields.required ?? undefined) === undefined);
  const [first] = silent;
  if (first === undefined) return;
  const message = `no word on required, written as true: ${listed(silent.map(({ name }) => name))}`;
  report.note(first.place(), "required.unstated", message, "Write required: false for those that may be missing");
}
