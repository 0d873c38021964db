/** The inventory's files, and startup files of a fleet that is to be taken over. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { importFleet } from "../../../fleet/import/import-fleet.ts";
import { loadFleet } from "../../../fleet/load.ts";
import { batches, disk, mainpc, nas, pc2 } from "../../fleet/fixture.ts";
import { agent, pairOf, variable } from "../../fleet/import/fixture.ts";
import { holds, type Outcome, type Subject, type Target } from "../engine/target.ts";

const fileName = /^[\w-]{1,30}\.yaml$/;
type Files = Map<string, string>;

/** Each file behind a line of its name. @example "=== mainpc.yaml" */
function filesOf(input: Buffer): Files {
  const [, ...parts] = input.toString().split(/^=== (.*)$/m);
  const files: Files = new Map();
  for (let i = 0; i + 1 < parts.length && files.size < 5; i += 2)
    if (fileName.test(parts[i] ?? "")) files.set(parts[i] ?? "", (parts[i + 1] ?? "").slice(1));
  return files;
}

const joined = (files: Iterable<readonly [string, string]>) =>
  [...files].map(([name, text]) => `=== ${name}\n${text}`).join("");

function folder(): { load(files: Files): ReturnType<typeof loadFleet>; remove(): void } {
  const dir = join(mkdtempSync(join(tmpdir(), "tandem-fuzz-fleet-")), "fleet");
  mkdirSync(dir);
  return {
    load: (files) => {
      for (const name of readdirSync(dir)) if (!files.has(name)) rmSync(join(dir, name));
      for (const [name, text] of files) writeFileSync(join(dir, name), text);
      return loadFleet(dir);
    },
    remove: () => rmSync(join(dir, ".."), { recursive: true, force: true }),
  };
}

function openInventory(): Subject {
  const { load, remove } = folder();
  const run = (input: Buffer): Outcome => {
    const files = filesOf(input);
    const { fleet, findings } = load(files);
    for (const { file, line, message, severity, next } of findings) {
      const lines = (files.get(file) ?? "").split("\n").length;
      holds(line >= 1 && line <= lines + 1, `${file}:${line} of ${lines} lines is no place`);
      holds(message !== "" && (severity === "note" || next !== ""), "a finding that says nothing, or nothing to do");
    }
    const failed = findings.some(({ severity }) => severity === "error");
    holds(failed || fleet.inventories.length >= 2, "a fleet without a pair has no error");
    return failed ? "refused" : "taken";
  };
  return { run, close: async () => remove() };
}

/** What the import makes is an inventory, or it says why it makes none. */
function openImport(): Subject {
  const { load, remove } = folder();
  const run = (input: Buffer): Outcome => {
    const sources = [...filesOf(input)].map(([file, text]) => ({ file, text }));
    if (sources.length === 0) return "refused";
    const satellites = new Map([["nas", "pc2"]]);
    const args = { portOffset: 0, hubs: ["ObservabilityHub", "EdgeHub"], pilots: ["Tutor"], satellites };
    const { files, findings } = importFleet({ sources, ...args });
    const failed = findings.some(({ severity }) => severity === "error");
    for (const { message } of findings) holds(message !== "", "a finding that says nothing");
    if (files.size === 0) {
      holds(failed, "nothing was made, and no error says why");
      return "refused";
    }
    holds(!failed, "files were made in spite of an error");
    const errors = load(files).findings.filter(({ severity }) => severity === "error");
    holds(errors.length === 0, `what was imported has an error: ${errors[0]?.code} ${errors[0]?.message}`);
    return "taken";
  };
  return { run, close: async () => remove() };
}

const small = [
  ["mainpc.yaml", mainpc],
  ["pc2.yaml", pc2],
  ["batches.yaml", batches],
] as const;
const anchored =
  'machine: nas\nwatchedBy: pc2\ngpu: &g "none"\nfailover: optional\nagents:\n  - { name: *g, group: *g, port: 1, healthPort: 2, httpPort: 3, health: { kind: http }, required: false }\n';
const startups = [
  pairOf([
    agent("Tutor", 7_000),
    agent("Store", 7_001, { dependencies: ["Tutor"], extra_ports: { http: 9_500 } }),
    agent("ObservabilityHub", 9_000),
  ]),
  pairOf(
    [
      { ...agent("Bus", 7_150), health_kind: "none", health_port_used: null, batch: 1 },
      {
        ...agent("Fusion", 5_713),
        health_kind: "zmq_rep+http",
        health_port_used: "from_kwargs",
        dependencies: ["Bus", "Edge"],
        extra_ports: { zmq_port: 5_713, grpc_port: 5_714 },
        batch: 2,
      },
      { name: "Bare", port: 7_200, required: false },
    ],
    [agent("Edge", 7_900), { ...agent("Relay", 7_901), health_port: 7_901, dependencies: ["Edge", "Nobody"] }],
  ),
];
const key = (text: string) => [...text.matchAll(/^\s*-?\s*(\w+):/gm)].map(([, name]) => name ?? "");

export const targets: readonly Target[] = [
  {
    name: "inventory",
    about: "the fleet's inventory, as a folder of files",
    form: "yaml",
    tokens: [
      ...new Set(key([mainpc, pc2, disk, nas, batches].join("\n"))),
      "&a ",
      "*a",
      "<<: *a",
      "---\n",
      "mainpc/Store",
      "pc2/Reader",
      "watchedBy",
      "!!binary",
      "{ ",
      " }",
      "[",
      "]",
      "? ",
      "|\n",
      "\n=== nas.yaml\n",
    ],
    seeds: () => [
      joined(small),
      joined([["mainpc.yaml", mainpc + disk], ...small.slice(1), ["nas.yaml", nas]]),
      joined([...small, ["nas.yaml", anchored]]),
    ],
    covers: /^fleet\/(?!import)/,
    maxBytes: 8_192,
    // The library of YAML looks for each key among all before it; the files are the operator's own.
    stretchBytes: 0,
    open: openInventory,
  },
  {
    name: "fleet-import",
    about: "startup files of a fleet that is to be taken over",
    form: "yaml",
    tokens: [
      ...new Set(startups.flat().flatMap(({ text }) => key(text))),
      "machine",
      "agents",
      "gpu_device",
      "port",
      "health_port",
      "health_kind",
      "zmq_rep",
      "http",
      "dependencies",
      "extra_ports",
      "batch",
      "batches",
      "group",
      "required",
      "Tutor",
      "mainpc",
      "pc2",
      "nas",
      variable("PORT_OFFSET"),
      "<<: *a",
      "&a ",
      "*a",
    ],
    seeds: () => startups.map((files) => joined(files.map(({ file, text }) => [file, text]))),
    covers: /^fleet\/import/,
    maxBytes: 8_192,
    stretchBytes: 65_536,
    open: openImport,
  },
];
