/** Two deployed machines as a pair for drills: their servers are containers, started again by their restart policy. */
import { hubUrlOf } from "../../components/address.ts";
import { dockerCommand } from "../../components/reach.ts";
import { shellQuote } from "../../components/shell.ts";
import { giveOrders } from "../deploy/orders.ts";
import { onMachine, type Place, placeOf } from "../deploy/place.ts";
import { OperatorError } from "../error.ts";
import { keepDocuments } from "../site/keep-documents.ts";
import { readPairStacks, readStacks } from "../site/stacks.ts";
import type { Part } from "./scenarios.ts";
import type { DrillSite } from "./site.ts";

export function deployedDrillSite(stacks: string[], dir: string, reports: string): DrillSite {
  const places = new Map(readStacks(stacks, dir).map((stack) => [stack.site.machine.name, placeOf(stack)]));
  const at = (machine: string): Place => {
    const place = places.get(machine);
    if (place === undefined)
      throw new OperatorError("drill.machine", `there is no machine ${machine}`, "Name one of the pair");
    return place;
  };
  return {
    name: `the site in ${dir}`,
    hubs: new Map(readPairStacks(stacks, dir).map(({ machine }) => [machine.name, hubUrlOf(machine)])),
    staysDead: undefined,
    async crash(machine, parts) {
      await onMachine(at(machine), killScript(at(machine), machine, parts));
    },
    async freeze(machine, parts, holdMs) {
      await onMachine(at(machine), freezeScript(at(machine), machine, parts, holdMs));
    },
    keep: (documents) =>
      keepDocuments(
        documents,
        [...places.values()].map((place) => (orders) => giveOrders(place, orders)),
      ),
    reports,
  };
}

/** `docker kill` counts as an operator's stop, after which no restart policy starts it again: the process itself is killed. */
function killScript(place: Place, machine: string, parts: readonly Part[]): string {
  return `${pidsScript(place, machine, parts)}\nkill -KILL $pids`;
}

/** The thaw hangs on nobody's connection, and is under way before the freeze. */
function freezeScript(place: Place, machine: string, parts: readonly Part[], holdMs: number): string {
  const thaw = `"sleep ${holdMs / 1_000}; kill -CONT $pids"`;
  return `${pidsScript(place, machine, parts)}\nsetsid sh -c ${thaw} </dev/null >/dev/null 2>&1 &\nkill -STOP $pids`;
}

/** Sets `pids`, or ends with what does not run. A hub that drains beside its successor is the older one. */
function pidsScript({ reach }: Place, machine: string, parts: readonly Part[]): string {
  const docker = dockerCommand(reach);
  const filters = (part: Part) =>
    part === "hub"
      ? `--filter ${shellQuote(`label=tandem.machine=${machine}`)} --filter label=tandem.role=hub`
      : `--filter ${shellQuote(`name=^/?tandem-${machine}-${part}$`)}`;
  return [
    "pids=",
    ...parts.flatMap((part) => [
      `id=$(${docker} ps --quiet --filter status=running ${filters(part)} | head -n 1)`,
      `[ -n "$id" ] || { echo "${part} does not run on ${machine}" >&2; exit 1; }`,
      `pids="$pids $(${docker} inspect --format '{{.State.Pid}}' "$id")"`,
    ]),
  ].join("\n");
}
