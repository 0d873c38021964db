/** Writes an imported fleet down as the inventory's files; the same import gives the same text. Pure. */
import type { ProposedBatches } from "./batches.ts";

export interface ImportedAgent {
  name: string;
  group: string;
  required: boolean;
  isHub: boolean;
  port: number;
  healthPort: number;
  httpPort: number;
  kind: string;
  /** Names as the inventory has them: plain on the same machine, else `machine/name`. */
  needs: string[];
  wants: string[];
  crosses: Record<string, { mode: string; reason: string }>;
  /** What somebody has to decide or to know. */
  remarks: string[];
}

export interface ImportedMachine {
  machine: string;
  watchedBy: string | undefined;
  gpu: string;
  beside: { name: string; port: number }[];
  agents: ImportedAgent[];
  /** The startup files that it comes from. */
  files: string[];
}

export function machineText({ machine, watchedBy, gpu, beside, agents, files }: ImportedMachine): string {
  const lines = [
    `# The agents that live on ${machine}, as tandem fleet import read them in ${files.join(" and ")}.`,
    "# docs/fleet.md says what each key means.",
    "#",
    "# A startup file does not say what may move to the other machine. Once every agent here states mode, singleWriter, priority,",
    "# memoryMb and vramMb, write failover: required, and the check holds every later one to it.",
    `machine: ${machine}`,
    ...(watchedBy === undefined ? [] : [`watchedBy: ${watchedBy}`]),
    `gpu: ${scalar(gpu)}`,
    "failover: optional",
  ];
  if (beside.length > 0)
    lines.push("alsoListening:", ...beside.map(({ name, port }) => `  - { name: ${scalar(name)}, port: ${port} }`));
  return `${[...lines, "agents:", ...agents.map(agentText)].join("\n")}\n`;
}

function agentText(agent: ImportedAgent, index: number): string {
  const { name, group, required, isHub, port, healthPort, httpPort, kind, needs, wants, crosses, remarks } = agent;
  const health = isHub ? "{ kind: http, path: /readyz }" : `{ kind: ${kind} }`;
  const parts = [
    `name: ${scalar(name)}, group: ${scalar(group)}, required: ${required}${isHub ? ", isHub: true" : ""}`,
    `port: ${port}, healthPort: ${healthPort}, httpPort: ${httpPort}, health: ${health}`,
  ];
  const edges = Object.entries({ needs, wants }).flatMap(([key, names]) =>
    names.length === 0 ? [] : [`${key}: [${names.map(scalar).join(", ")}]`],
  );
  if (edges.length > 0) parts.push(edges.join(", "));
  const across = Object.entries(crosses).map(
    ([id, { mode, reason }]) => `${id}: { mode: ${mode}, reason: ${scalar(reason)} }`,
  );
  if (across.length > 0) parts.push(`crosses: { ${across.join(", ")} }`);
  const text = `  - { ${parts.join(",\n      ")} }`;
  return [...(index === 0 ? [] : [""]), ...remarks.map((remark) => `  # ${remark.replaceAll(/\s+/g, " ")}`), text].join(
    "\n",
  );
}

export function batchesText({ batches, corrections }: ProposedBatches): string {
  const lines = [
    "# The migration's batches, in their order, as tandem fleet import proposes them. Within a batch agents start in the order of",
    "# their dependencies. corrections lists where this departs from what was planned, and the check holds it to that.",
    batches.length === 0 ? "batches: []" : "batches:",
  ];
  for (const { name, agents } of batches)
    lines.push(`  - name: ${scalar(name)}`, "    agents:", ...agents.map((id) => `      - ${scalar(id)}`), "");
  if (lines.at(-1) === "") lines.pop();
  if (corrections.length > 0) lines.push("", "corrections:");
  for (const { agent, from, to, because } of corrections)
    lines.push(
      `  - agent: ${scalar(agent)}`,
      `    from: ${scalar(from)}`,
      `    to: ${scalar(to)}`,
      `    because: ${scalar(because)}`,
    );
  return `${lines.join("\n")}\n`;
}

/** Unquoted where it reads the same in and out of braces; JSON's quotes are YAML's. */
function scalar(text: string): string {
  const plain = /^[A-Za-z][\w/.-]*(?: [\w/.;&-]+)*$/;
  const word = /^(?:true|false|null|yes|no|on|off|y|n)$/i;
  return plain.test(text) && !word.test(text) ? text : JSON.stringify(text);
}
