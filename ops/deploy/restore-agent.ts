/** Gives one agent of a program the inventory entry that it had in another one. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Document, isMap, isSeq, type Node, parseDocument, visit, type YAMLSeq } from "yaml";
import { OperatorError } from "../error.ts";

/** @returns the inventory with the agent as the other inventory has it; all else, comments included, as it is */
export function withAgentOf(inventory: string, other: string, agent: string): string {
  const document = parseDocument(inventory);
  const list = document.get("agents");
  const then = parseDocument(other);
  const entry = entryOf(then.get("agents"), agent);
  if (!isSeq(list) || entry === undefined) throw missing(agent);
  const at = indexOf(list, agent);
  if (at === -1) throw missing(agent);
  freeOf(document, list.items[at]);
  list.set(at, document.createNode(entry.toJS(then)));
  return document.toString({ lineWidth: 0 });
}

/** Writes the agent's entry of one unpacked program into another one's inventory. @throws OperatorError */
export function restoreAgent(into: string, from: string, machine: string, agent: string): void {
  const file = join("fleet", `${machine}.yaml`);
  for (const folder of [into, from]) if (!existsSync(join(folder, file))) throw missing(agent);
  const restored = withAgentOf(readFileSync(join(into, file), "utf8"), readFileSync(join(from, file), "utf8"), agent);
  writeFileSync(join(into, file), restored);
}

/** What the entry has given a name to, and others take from it, is written out there: it goes with the entry. */
function freeOf(document: Document, entry: unknown): void {
  const within = new Set<Node>();
  if (isMap(entry)) visit(entry, { Node: (_, node) => void within.add(node) });
  visit(document, {
    Alias: (_, alias) => {
      const source = alias.resolve(document);
      if (source === undefined || !within.has(source) || within.has(alias)) return undefined;
      return document.createNode(source.toJS(document));
    },
  });
}

function entryOf(list: unknown, agent: string) {
  if (!isSeq(list)) return undefined;
  const found = list.items[indexOf(list, agent)];
  return isMap(found) ? found : undefined;
}

function indexOf(list: YAMLSeq, agent: string): number {
  return list.items.findIndex((item) => isMap(item) && item.get("name") === agent);
}

function missing(agent: string): OperatorError {
  return new OperatorError(
    "rollback.agent",
    `${agent} is not in the fleet of both deployments`,
    "Without --agent, tandem rollback brings back the whole machine",
  );
}
