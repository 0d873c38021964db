/** Draws the dependency graph as Mermaid or DOT: hard edges solid, soft ones dashed, a frame for each machine. Pure. */
import type { Graph } from "./graph.ts";

export function toMermaid(graph: Graph): string {
  const lines = ["flowchart LR"];
  for (const [machine, ids] of byMachine(graph)) {
    lines.push(`  subgraph ${machine}`, ...ids.map((id) => `    ${node(id)}["${nameOf(id)}"]`), "  end");
  }
  lines.push(...edges(graph.needs, (from, to) => `  ${node(from)} --> ${node(to)}`));
  lines.push(...edges(graph.wants, (from, to) => `  ${node(from)} -.-> ${node(to)}`));
  return `${lines.join("\n")}\n`;
}

export function toDot(graph: Graph): string {
  const lines = ["digraph fleet {", "  rankdir=LR;", "  node [shape=box];"];
  for (const [machine, ids] of byMachine(graph)) {
    lines.push(`  subgraph "cluster_${machine}" {`, `    label="${machine}";`);
    lines.push(...ids.map((id) => `    "${id}" [label="${nameOf(id)}"];`), "  }");
  }
  lines.push(...edges(graph.needs, (from, to) => `  "${from}" -> "${to}";`));
  lines.push(...edges(graph.wants, (from, to) => `  "${from}" -> "${to}" [style=dashed];`), "}");
  return `${lines.join("\n")}\n`;
}

function byMachine(graph: Graph): Map<string, string[]> {
  return Map.groupBy(graph.ids, (id) => id.split("/", 1)[0] ?? "");
}

function edges(of: Graph["needs"], draw: (from: string, to: string) => string): string[] {
  return [...of].flatMap(([from, targets]) => targets.map((to) => draw(from, to)));
}

const nameOf = (id: string) => id.slice(id.indexOf("/") + 1);
/** Mermaid takes letters, digits and _ in the names of nodes. */
const node = (id: string) => id.replaceAll(/[^A-Za-z0-9_]/g, "_");
