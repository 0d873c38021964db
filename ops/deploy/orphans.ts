/** Removes from a machine the containers that a broken deployment has made and that the engine does not know of. */
import { dockerCommand } from "../../components/reach.ts";
import { shellQuote } from "../../components/shell.ts";
import type { DeployEngine } from "./engine.ts";
import { onMachine, type Place } from "./place.ts";
import type { Program } from "./program.ts";

interface Found {
  id: string;
  name: string;
  createdMs: number;
}

/**
 * `replaceable` leaves hubs and routers: one that no state knows of may be the one that acts, and a new one that is healthy makes an
 * end of all others of its role.
 */
export type Which = "all" | "replaceable";
const succeeding = ["hub", "router"];

/** Clocks of one machine do not differ; what it rounds does, ms. */
const roundedMs = 1_000;
const stopMs = 120_000;

/**
 * Only what was made since that deployment began, by the machine's own clock: an engine that knows of nothing, because another
 * backend is logged in, must not make an end of a whole machine.
 */
export async function removeOrphans(
  place: Place,
  number: number,
  which: Which,
  { engine, program, say }: { engine: DeployEngine; program: Program; say(line: string): void },
): Promise<void> {
  const known = await engine.containerIds(program, place.stack.name);
  const orphans = orphansOf(await onMachine(place, listScript(place, number)), known, which);
  if (orphans.length === 0) return;
  for (const { name } of orphans) say(`${place.name}: removing container ${name}, which no state knows of`);
  const docker = dockerCommand(place.reach);
  const ids = orphans.map(({ id }) => shellQuote(id)).join(" ");
  const script = `${docker} stop --time 15 ${ids} >/dev/null 2>&1; ${docker} rm --force ${ids} >/dev/null`;
  await onMachine(place, script, { as: "user", deadlineMs: stopMs });
}

/** @param said what `listScript` printed */
export function orphansOf(said: string, known: ReadonlySet<string>, which: Which): Found[] {
  const [first = "", ...lines] = said.trim().split("\n");
  const sinceMs = Number(first) * 1_000;
  if (!/^\d+$/.test(first.trim())) return [];
  return lines.flatMap((line) => {
    const [id = "", created = "", name = "", role = ""] = line.trim().split(" ");
    if (which === "replaceable" && succeeding.includes(role)) return [];
    const createdMs = Date.parse(created);
    const isFresh = createdMs >= sinceMs - roundedMs;
    return id !== "" && !known.has(id) && isFresh ? { id, name: name.replace(/^\//, ""), createdMs } : [];
  });
}

function listScript({ name, reach, stack }: Place, number: number): string {
  const docker = dockerCommand(reach);
  const program = shellQuote(`${stack.site.paths.data}/deployments/${number}/program.tgz`);
  return [
    `stat -c %Y ${program} 2>/dev/null || echo never`,
    `${docker} ps --all --quiet --filter ${shellQuote(`label=tandem.machine=${name}`)} |`,
    `  xargs -r ${docker} inspect --format '{{.Id}} {{.Created}} {{.Name}} {{index .Config.Labels "tandem.role"}}'`,
  ].join("\n");
}
