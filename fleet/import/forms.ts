/** Finds the agents in a startup file, whichever of the usual forms it has. Pure. */
import type { Place } from "../finding.ts";
import { parseText } from "../source.ts";
import type { Report } from "./finding.ts";

export interface StartupText {
  /** As messages name it. */
  file: string;
  text: string;
  /** The machine, where the file is not to say it. */
  machine?: string | undefined;
}

/** An agent as it stands in a file, its values not yet looked at. */
export interface Entry {
  name: string;
  machine: string;
  /** That the file's form puts it in. */
  group: string | undefined;
  fields: Record<string, unknown>;
  place(...keys: (string | number)[]): Place;
}

/** A batch of the migration's plan, by names that need not exist. */
export interface PlannedBatch {
  name: string;
  agents: { name: string; place: Place }[];
}

export interface StartupFile {
  /** Undefined where the file holds no agents, or does not say whose they are. */
  machine: string | undefined;
  gpu: string | undefined;
  entries: Entry[];
  batches: PlannedBatch[];
  /** Where the file says which machine it is for, or begins. */
  place: Place;
}

type Fields = Record<string, unknown>;
const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const servicesKey = /^(.+)_services$/;
const machineName = /^[A-Za-z][A-Za-z0-9_-]*$/;
/** A file of this name needs no word on whose it is. */
const pairFile = /^(?:.*\/)?(mainpc|pc2)\.ya?ml$/;

export function readForms(source: StartupText, report: Report): StartupFile {
  const { plain, findings, place } = parseText(source.file, source.text, { merge: true });
  const empty = { machine: undefined, gpu: undefined, entries: [], batches: [], place: place() };
  for (const { code, message, next, file, line } of findings)
    report.error(
      { file, line },
      code,
      message,
      /\$\{/.test(source.text) ? `${next}; a port like "\${PORT_OFFSET}+7200" within { } is quoted` : next,
    );
  if (findings.length > 0) return empty;
  if (!isFields(plain)) {
    report.error(place(), "file.form", "the file is no map of keys", "Give the fleet's startup file");
    return empty;
  }
  const batches = readBatches(plain.batches, (...keys) => place("batches", ...keys), report);
  const holders = Object.keys(plain).filter((key) => holdsAgents(key, plain[key]));
  const machine = machineOf(plain, source, holders);
  const at = "machine" in plain ? place("machine") : place(...holders.slice(0, 1));
  notCarried(plain, holders, place, report);
  if (holders.length === 0) {
    if (batches.length === 0)
      report.error(
        place(),
        "file.form",
        "there are no agents in it",
        "It needs agents, agent_groups or <machine>_services",
      );
    return { ...empty, batches };
  }
  if (machine === undefined || !machineName.test(machine)) {
    const message =
      machine === undefined ? "it does not say which machine it is for" : `${machine} is no machine's name`;
    report.error(at, "file.machine", message, `Say it: mainpc=${source.file}, or machine: mainpc in the file`);
    return { ...empty, batches };
  }
  if (source.machine !== undefined && typeof plain.machine === "string" && plain.machine !== source.machine) {
    const message = `it is given as ${source.machine}'s, but states machine: ${plain.machine}`;
    report.error(at, "file.machine", message, "Correct one of them");
  }
  const entries = holders.flatMap((key) =>
    readHolder(key, plain[key], machine, (...keys) => place(key, ...keys), report),
  );
  const gpu = [plain.gpu_device, plain.gpu].find((value) => typeof value === "string");
  return { machine, gpu: typeof gpu === "string" ? gpu : undefined, entries, batches, place: at };
}

/** `agents`, `services`, `agent_groups`, and any list of maps that is called some services. */
function holdsAgents(key: string, value: unknown): boolean {
  if (key === "agents" || key === "services" || key === "agent_groups") return isFields(value) || Array.isArray(value);
  return servicesKey.test(key) && Array.isArray(value) && value.some(isFields);
}

function machineOf(plain: Fields, { file, machine }: StartupText, holders: string[]): string | undefined {
  if (machine !== undefined) return machine;
  if (typeof plain.machine === "string") return plain.machine;
  const named = holders.flatMap((key) => (key === "agents" ? [] : (servicesKey.exec(key)?.[1] ?? [])));
  const [own] = named.filter((name) => named.length === 1 || name === "mainpc" || name === "pc2");
  return own ?? pairFile.exec(file)?.[1];
}

function readHolder(key: string, value: unknown, machine: string, place: Entry["place"], report: Report): Entry[] {
  if (key === "agent_groups" && isFields(value))
    return Object.entries(value).flatMap(([group, agents]) =>
      readAgents(agents, group, machine, (...keys) => place(group, ...keys), report),
    );
  // A list named for its machine is that machine's; another name is its group's.
  const named = servicesKey.exec(key)?.[1];
  return readAgents(value, named === undefined || named === machine ? undefined : key, machine, place, report);
}

/** A list of maps with a name each, or a map by name. */
function readAgents(
  value: unknown,
  group: string | undefined,
  machine: string,
  place: Entry["place"],
  report: Report,
): Entry[] {
  const refuse = (at: Place, message: string) =>
    report.error(at, "agent.form", message, "Write a map with at least name and port");
  if (Array.isArray(value))
    return value.flatMap((fields: unknown, index) => {
      const at: Entry["place"] = (...keys) => place(index, ...keys);
      if (isFields(fields) && typeof fields.name === "string")
        return [{ name: fields.name, machine, group, fields, place: at }];
      refuse(at(), isFields(fields) ? "an agent without a name" : "an agent that is no map");
      return [];
    });
  if (!isFields(value)) {
    refuse(place(), `${group ?? "agents"} holds neither a list nor a map of agents`);
    return [];
  }
  return Object.entries(value).flatMap(([name, fields]) => {
    const at: Entry["place"] = (...keys) => place(name, ...keys);
    if (isFields(fields)) return [{ name, machine, group, fields, place: at }];
    refuse(at(), `${name} is no map`);
    return [];
  });
}

/** As `batches.yaml` has them, or a map from the batch's name to its agents. */
function readBatches(value: unknown, place: Entry["place"], report: Report): PlannedBatch[] {
  if (value === undefined || value === null) return [];
  const refuse = (at: Place) => {
    report.error(at, "batch.form", "a batch that is no name and list of names", "Write { name: …, agents: [ … ] }");
    return [];
  };
  const read = (name: unknown, agents: unknown, at: Entry["place"]): PlannedBatch[] => {
    if (!(typeof name === "string" || typeof name === "number") || !Array.isArray(agents)) return refuse(at());
    if (!agents.every((agent): agent is string => typeof agent === "string")) return refuse(at());
    return [{ name: String(name), agents: agents.map((agent, index) => ({ name: agent, place: at(index) })) }];
  };
  if (isFields(value))
    return Object.entries(value).flatMap(([name, agents]) => read(name, agents, (...keys) => place(name, ...keys)));
  if (!Array.isArray(value)) return refuse(place());
  return value.flatMap((batch: unknown, index) =>
    isFields(batch)
      ? read(batch.name, batch.agents, (...keys) => place(index, "agents", ...keys))
      : refuse(place(index)),
  );
}

/** Keys of the file itself; `defaults` by each key below it, since they say different things. */
function notCarried(plain: Fields, holders: string[], place: Entry["place"], report: Report): void {
  const read = new Set(["machine", "gpu_device", "gpu", "batches", ...holders]);
  const paths = Object.entries(plain)
    .filter(([key]) => !read.has(key))
    .flatMap(([key, value]): string[][] =>
      isFields(value) ? Object.keys(value).map((inner) => [key, inner]) : [[key]],
    );
  for (const path of paths) {
    const meant = nextOf[path.at(-1) ?? ""] ?? "";
    report.note(place(...path), "key.left", `${path.join(".")} is not carried over`, meant);
  }
}

const nextOf: Record<string, string> = {
  health_checks: "State health.intervalMs and health.deadlineMs where 2 s and 1 s do not fit",
  resource_limits: "State memoryMb, and container.cpus, where Tandem is to hold agents to a limit",
};
