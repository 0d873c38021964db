/** Startup files for tests of the import: the plan's and a month later's, and short ones by hand. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { hubNames, pilotNames } from "../../../fleet/import/conventions.ts";
import type { StartupText } from "../../../fleet/import/forms.ts";
import { type ImportArgs, importFleet } from "../../../fleet/import/import-fleet.ts";
import { type LoadedFleet, loadFleet } from "../../../fleet/load.ts";

const folder = import.meta.dirname;

/** The plan's inventory in the words of a startup file, an agent a line from line 4 on. */
export function planFiles(): StartupText[] {
  const { fleet } = loadFleet(join(folder, "..", "plan-facts"));
  const batchOf = (id: string) =>
    fleet.batches.find(({ name, agents }) => /^pc2 \d$/.test(name) && agents.includes(id));
  return fleet.inventories.map(({ machine, gpu, agents }) => {
    const lines = agents.map(({ name, port, healthPort, group, required, needs }) => {
      const batch = batchOf(`${machine}/${name}`)?.name.split(" ")[1];
      return JSON.stringify({
        name,
        port,
        health_port: healthPort,
        // The plan has groups for one machine and batches for the other.
        ...(group === machine ? {} : { group }),
        ...(batch === undefined ? {} : { batch: Number(batch) }),
        ...(name === "ObservabilityHub" && machine === "pc2" ? { extra_ports: { prometheus_port: 9000 } } : {}),
        required,
        dependencies: needs,
      });
    });
    const head = [`machine: ${machine}`, `gpu_device: ${gpu}`, "agents:"];
    return { file: `${machine}.yaml`, text: `${[...head, ...lines.map((line) => `  - ${line}`)].join("\n")}\n` };
  });
}

export const monthLaterPaths = ["mainpc.yaml", "pc2.yaml"].map((name) => join(folder, "month-later", name));

export const monthLaterFiles = (): StartupText[] =>
  monthLaterPaths.map((path) => ({
    file: path.slice(folder.length + "/month-later/".length),
    text: readFileSync(path, "utf8"),
  }));

export const run = (sources: StartupText[], args: Partial<ImportArgs> = {}) =>
  importFleet({ sources, portOffset: 0, hubs: hubNames, pilots: pilotNames, ...args });

export type Fields = Record<string, unknown>;

/** A pair whose second machine has one agent; `mainpc` in the flat form, `batches` beside them. */
export function pairOf(
  mainpc: Fields[],
  pc2: Fields[] = [{ name: "Edge", port: 7900, health_port: 8900, required: true }],
) {
  const flat = (machine: string, agents: Fields[]) => ({
    file: `${machine}.yaml`,
    text: stringify({ machine, agents }),
  });
  return [flat("mainpc", mainpc), flat("pc2", pc2)];
}

/** As a shell's file has it; a string of it would read as a template that somebody forgot. */
export const variable = (name: string) => "$".concat(`{${name}}`);

/** An agent that nothing is to be said of. */
export const agent = (name: string, port: number, more: Fields = {}): Fields => ({
  name,
  port,
  health_port: port + 1_000,
  health_kind: "zmq_rep",
  group: "core",
  required: true,
  ...more,
});

/** `severity code message` of each but the notes that every import has. */
export const said = ({ findings }: ReturnType<typeof run>) =>
  findings
    .filter(({ code }) => !["failover.unstated", "gpu.unstated", "health.kind", "group.none"].includes(code))
    .map(({ severity, code, message }) => `${severity} ${code} ${message}`);

/** The result as the project's own loader reads it. */
export function loadResult(files: ReadonlyMap<string, string>): LoadedFleet {
  const dir = mkdtempSync(join(tmpdir(), "tandem-imported-"));
  try {
    for (const [name, text] of files) writeFileSync(join(dir, name), text);
    return loadFleet(dir);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

export function errorsOf(files: ReadonlyMap<string, string>): string[] {
  return loadResult(files).findings.flatMap(({ severity, message }) => (severity === "error" ? [message] : []));
}
