/** Reads the inventory's files, remembers on which line everything stands, and has the result checked. */
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { LineCounter, parseDocument } from "yaml";
import type { z } from "zod";
import { OperatorError } from "../ops/error.ts";
import { checkFleet } from "./check.ts";
import { countOf, errorAt, type Finding, type Place, type Places } from "./finding.ts";
import { Batches, type Fleet, Inventory, type PlacedAgent } from "./model.ts";

/** The inventory of this repository. */
export const fleetDir = import.meta.dirname;
const inventoryFiles = ["mainpc.yaml", "pc2.yaml"];
const batchesFile = "batches.yaml";

export interface LoadedFleet {
  fleet: Fleet;
  findings: Finding[];
}

/** A file as it was read: its content where it fits the schema, and its lines. */
interface Source<T> {
  value: T | undefined;
  findings: Finding[];
  /** The line of the deepest part of this path that the file has. */
  place(...path: (string | number)[]): Place;
}

/** Never throws for what the files hold: what is wrong with them is among the findings. */
export function loadFleet(dir: string = fleetDir): LoadedFleet {
  const inventories = inventoryFiles.map((name) => readSource(join(dir, name), Inventory));
  const batches = readSource(join(dir, batchesFile), Batches);
  const fleet: Fleet = {
    inventories: inventories.flatMap(({ value }) => value ?? []),
    agents: inventories.flatMap(({ value }) => (value === undefined ? [] : placeAgents(value))),
    batches: batches.value?.batches ?? [],
    corrections: batches.value?.corrections ?? [],
  };
  const unread = [...inventories.flatMap((source) => source.findings), ...batches.findings];
  // What is missing from a file that cannot be read would be reported as an error of the others.
  if (unread.length > 0) return { fleet, findings: unread };
  return { fleet, findings: checkFleet(fleet, placesOf(inventories, batches)) };
}

/** @throws OperatorError that names every error with its file and line */
export function requireFleet(dir: string = fleetDir): Fleet {
  const { fleet, findings } = loadFleet(dir);
  const errors = findings.filter(({ severity }) => severity === "error");
  if (errors.length === 0) return fleet;
  const lines = errors.map(({ file, line, message }) => `  ${file}:${line}: ${message}`);
  throw new OperatorError(
    "fleet.errors",
    `the fleet's inventory in ${dir} has ${countOf(errors.length, "error")}:\n${lines.join("\n")}`,
    "Mend them; `tandem fleet check` says for each what to do",
  );
}

function placeAgents({ machine, agents }: Inventory): PlacedAgent[] {
  return agents.map((agent) => ({ ...agent, machine, id: `${machine}/${agent.name}` }));
}

function readSource<T>(path: string, schema: z.ZodType<T>): Source<T> {
  const file = basename(path);
  const lines = new LineCounter();
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    const message = `cannot be read: ${(error as Error).message}`; // fs throws errors only
    const place = { file, line: 1 };
    const next = "Make the file, or give the folder that has it with --dir";
    return { value: undefined, findings: [errorAt(place, "file.unreadable", message, next)], place: () => place };
  }
  const document = parseDocument(text, { lineCounter: lines });
  const lineAt = (offset: number) => Math.max(1, lines.linePos(offset).line);
  const place = (...path: (string | number)[]): Place => {
    for (let depth = path.length; depth > 0; depth--) {
      const found: unknown = document.getIn(path.slice(0, depth), true);
      const range = (found as { range?: [number, number, number] } | undefined)?.range; // every node that was parsed has one
      if (range !== undefined) return { file, line: lineAt(range[0]) };
    }
    return { file, line: 1 };
  };
  const broken = document.errors.map((error) =>
    errorAt({ file, line: lineAt(error.pos[0]) }, "file.yaml", firstLine(error.message), "Correct the YAML"),
  );
  if (broken.length > 0) return { value: undefined, findings: broken, place };
  const parsed = schema.safeParse(toPlain(document));
  if (parsed.success) return { value: parsed.data, findings: [], place };
  const findings = parsed.error.issues.map((issue) => {
    const keys = issue.path.filter((key) => typeof key !== "symbol");
    const message = `${keys.join(".") || "the file"}: ${issue.message}`;
    return errorAt(place(...keys), "file.schema", message, "docs/fleet.md says what each key holds");
  });
  return { value: undefined, findings, place };
}

/** A document may be well-formed and yet not resolve: an alias without its anchor, or one that grows without end. */
function toPlain(document: ReturnType<typeof parseDocument>): unknown {
  try {
    return document.toJS();
  } catch (error) {
    return `unresolved: ${(error as Error).message}`; // yaml throws errors only
  }
}

function placesOf(inventories: Source<Inventory>[], batches: Source<Batches>): Places {
  const sourceOf = (machine: string) => inventories.find(({ value }) => value?.machine === machine);
  return {
    machine: (name) => sourceOf(name)?.place("machine") ?? { file: inventoryFiles[0] ?? "", line: 1 },
    batch: (index, ...keys) => batches.place("batches", index, ...keys),
    agent: (id, ...keys) => {
      const [machine = "", name] = id.split("/");
      const source = sourceOf(machine);
      const index = source?.value?.agents.findLastIndex((agent) => agent.name === name) ?? -1;
      return source?.place("agents", index, ...keys) ?? { file: `${machine}.yaml`, line: 1 };
    },
  };
}

/** yaml repeats the place, which stands before the message already. */
const firstLine = (text: string) => (text.split("\n", 1)[0] ?? text).replace(/ at line \d+, column \d+:?$/, "");
