/** `tandem fleet`: checks the inventory, draws its dependency graph, lists its agents, and imports those of startup files. */
import { join, relative, resolve } from "node:path";
import { type Command, Option } from "commander";
import { countOf, type Finding } from "../fleet/finding.ts";
import { buildGraph, dependents, longestChain, startOrder } from "../fleet/graph.ts";
import { toDot, toMermaid } from "../fleet/graph-text.ts";
import { fleetDir, loadFleet } from "../fleet/load.ts";
import type { Fleet } from "../fleet/model.ts";
import { OperatorError } from "./error.ts";
import { registerFleetImport } from "./fleet-import.ts";

interface FleetOptions {
  dir: string;
  json: boolean;
}

const exitFindings = 1;

export function registerFleet(program: Command): void {
  const fleet = program
    .command("fleet")
    .description("the inventory of all machines: check it, draw it, list it, import it");
  const add = (name: string, description: string, example: string) =>
    fleet
      .command(name)
      .description(description)
      .option("--dir <dir>", "folder with a <machine>.yaml for each machine, and batches.yaml", fleetDir)
      .option("--json", "print one JSON object", false)
      .addHelpText("after", `\nExample:\n  $ tandem fleet ${example}`);

  add(
    "check",
    "report what is wrong, with file, line and what to do; ends with 1 when there are errors",
    "check",
  ).action(check);
  add(
    "graph",
    "print the dependency graph, the start order and the longest chain",
    "graph --format dot | dot -Tsvg > fleet.svg",
  )
    .addOption(new Option("--format <format>", "of the drawing").choices(["mermaid", "dot", "text"]).default("mermaid"))
    .action(graph);
  add("list", "print every agent with its machine, ports and health", "list --json").action(list);
  registerFleetImport(fleet);
}

function check({ dir, json }: FleetOptions): void {
  const { fleet, findings } = loadFleet(dir);
  const errors = findings.filter(({ severity }) => severity === "error").length;
  process.exitCode = errors > 0 ? exitFindings : 0;
  const machines = Object.fromEntries(fleet.inventories.map(({ machine, agents }) => [machine, agents.length]));
  if (json) {
    printJson({ errors, agents: fleet.agents.length, machines, findings });
    return;
  }
  for (const finding of findings) print(toText(finding, dir));
  const counts = Object.entries(machines).map(([machine, count]) => `${count} on ${machine}`);
  const notes = findings.length - errors;
  print(`${fleet.agents.length} agents (${counts.join(", ")}), ${countOf(errors, "error")}, ${countOf(notes, "note")}`);
}

function toText({ file, line, severity, message, next }: Finding, dir: string): string {
  const text = `${pathTo(join(dir, file))}:${line}: ${severity === "note" ? "note: " : ""}${message}`;
  return next === "" ? text : `${text}\n  → ${next}`;
}

/** As seen from where the command runs, so that terminals and editors open it; whole when that leads upwards. */
function pathTo(path: string): string {
  const near = relative(process.cwd(), path);
  return near.startsWith("..") ? resolve(path) : near;
}

function graph({ dir, json, format }: FleetOptions & { format: "mermaid" | "dot" | "text" }): void {
  const fleet = readable(dir);
  const drawn = buildGraph(fleet.agents);
  const order = startOrder(drawn);
  const chain = longestChain(drawn);
  const started = new Set(order.flat());
  const left = drawn.ids.filter((id) => !started.has(id));
  if (json) {
    const below = Object.fromEntries(drawn.ids.map((id) => [id, dependents(drawn, id).length]));
    const edges = { needs: Object.fromEntries(drawn.needs), wants: Object.fromEntries(drawn.wants) };
    printJson({ ...edges, startOrder: order, longestChain: chain, dependents: below, inCycles: left });
    return;
  }
  if (format !== "text") process.stdout.write(format === "dot" ? toDot(drawn) : toMermaid(drawn));
  const comment = { mermaid: "%% ", dot: "// ", text: "" }[format];
  print(`${comment}start order`);
  for (const [step, ids] of order.entries()) print(`${comment}${String(step + 1).padStart(3)}  ${ids.join(" ")}`);
  print(`${comment}longest chain, ${chain.length} agents: ${chain.join(" → ")}`);
  if (left.length > 0) print(`${comment}never started, because of a cycle: ${left.join(" ")}`);
}

function list({ dir, json }: FleetOptions): void {
  const { agents } = readable(dir);
  if (json) {
    printJson(agents);
    return;
  }
  const width = Math.max(...agents.map(({ id }) => id.length));
  for (const { id, group, port, health, healthPort, httpPort, mode } of agents)
    print(
      `${id.padEnd(width)}  ${pad(port)}  ${health.kind.padEnd(4)} ${pad(healthPort)}  http ${pad(httpPort)}  ${(mode ?? "-").padEnd(6)}  ${group}`,
    );
}

/** A fleet with errors can still be drawn, and its errors are said beside it, unless nothing of it could be read. */
function readable(dir: string): Fleet {
  const { fleet, findings } = loadFleet(dir);
  if (fleet.agents.length > 0) {
    for (const finding of findings) if (finding.severity === "error") process.stderr.write(`${toText(finding, dir)}\n`);
    return fleet;
  }
  const first = findings[0];
  const what =
    first === undefined ? `${dir} has no agents` : `${join(dir, first.file)}:${first.line}: ${first.message}`;
  throw new OperatorError("fleet.unreadable", what, `Run tandem fleet check --dir ${dir}`);
}

const pad = (port: number) => String(port).padEnd(5);
const print = (line: string) => void process.stdout.write(`${line}\n`);
const printJson = (value: unknown): void => {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
};
