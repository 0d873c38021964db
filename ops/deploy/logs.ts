/** Collects why a machine is not well: the last lines of each container of it that does not run as it should. */

import { dockerCommand } from "../../components/reach.ts";
import { shellQuote } from "../../components/shell.ts";
import { isWell } from "./baseline.ts";
import { onMachine, type Place } from "./place.ts";
import { isStill, type Seen } from "./unmet.ts";

export interface LogTail {
  container: string;
  /** @example "exited" */
  state: string;
  lines: string[];
}

const marker = "== tandem:";
const tailLines = 20;

/** @param also containers to look at although they seem well, such as those that were just made */
export async function logsOf(place: Place, { containers = [], looks }: Seen): Promise<LogTail[]> {
  const services = looks.find((look) => look.services !== undefined)?.services ?? [];
  const ill = containers.filter((one) => (!isWell(one) || one.restarts > 0) && !isStill(one.name, services));
  if (ill.length === 0) return [];
  const docker = dockerCommand(place.reach);
  const script = ill
    .map(
      ({ name }) =>
        `printf '\\n${marker}%s\\n' ${shellQuote(name)}; ${docker} logs --tail ${tailLines} ${shellQuote(name)} 2>&1`,
    )
    .join("\n");
  const said = await onMachine(place, `${script}\nexit 0`, { as: "user" }).catch(() => "");
  const tails = new Map(said.split(`\n${marker}`).slice(1).map(named));
  return ill.map(({ name, status, health, restarts }) => ({
    container: name,
    state: restarts > 0 ? `${status}, restarted ${restarts} times` : status === "running" ? health : status,
    lines: tails.get(name) ?? [],
  }));
}

function named(part: string): [string, string[]] {
  const [name = "", ...lines] = part.trimEnd().split("\n");
  return [name, lines];
}
