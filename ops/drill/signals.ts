/** Scripts that kill or freeze servers of a deployed machine. POSIX sh, text out. */
import { dockerCommand, type Reach } from "../../components/reach.ts";
import { shellQuote } from "../../components/shell.ts";
import type { Part } from "./scenarios.ts";

export interface SignalScript {
  script: string;
  /** Who runs it, as `onMachine` has it. */
  as: "owner" | "user";
}

/** `docker kill` counts as an operator's stop, after which no restart policy starts it again: the process itself is killed. */
export function killScript(reach: Reach, machine: string, parts: readonly Part[]): SignalScript {
  const { run, as } = signaller(reach);
  return { script: `${pidsScript(reach, machine, parts)}\n${run} "kill -KILL $pids"`, as };
}

/** Prints the numbers of what it has frozen. The thaw hangs on nobody's connection. */
export function freezeScript(reach: Reach, machine: string, parts: readonly Part[], holdMs: number): SignalScript {
  const { run, isContainer, as } = signaller(reach, "--detach");
  const thaw = `sleep ${holdMs / 1_000}; kill -CONT $pids`;
  const freeze = isContainer
    ? `${run} "kill -STOP $pids; ${thaw}" >/dev/null`
    : // It is under way before the freeze.
      `setsid ${run} "${thaw}" </dev/null >/dev/null 2>&1 &\nkill -STOP $pids`;
  return { script: `${pidsScript(reach, machine, parts)}\n${freeze}\necho $pids`, as };
}

/** @param pids as `freezeScript` printed them */
export function thawScript(reach: Reach, pids: string): SignalScript {
  const { run, as } = signaller(reach);
  return { script: `pids=${shellQuote(pids.trim())}\n${run} "kill -CONT $pids"`, as };
}

/** A shell that may send signals to the machine's processes. @param options of the container, where it is one */
function signaller(reach: Reach, options = ""): { run: string; isContainer: boolean; as: SignalScript["as"] } {
  const become = reach.kind === "local" ? undefined : reach.become;
  if (become?.kind !== "docker") return { run: "sh -c", isContainer: false, as: "owner" };
  // Without the machine's own numbers it would see no process but its own, as the one that writes files does.
  const container = `docker run --rm --pid host --network none --userns host --user 0:0 --security-opt label=disable ${options}`;
  return { run: `${container} --entrypoint sh ${shellQuote(become.image)} -c`, isContainer: true, as: "user" };
}

/** Sets `pids`, or ends with what does not run. A hub that drains beside its successor is the older one. */
function pidsScript(reach: Reach, machine: string, parts: readonly Part[]): string {
  const docker = dockerCommand(reach);
  const filters = (part: Part) =>
    part === "hub"
      ? `--filter ${shellQuote(`label=tandem.machine=${machine}`)} --filter label=tandem.role=hub`
      : `--filter ${shellQuote(`name=^/?tandem-${machine}-${part}$`)}`;
  return [
    "set -e",
    "pids=",
    ...parts.flatMap((part) => [
      `id=$(${docker} ps --quiet --filter status=running ${filters(part)} | head -n 1)`,
      `[ -n "$id" ] || { echo "${part} does not run on ${machine}" >&2; exit 1; }`,
      `pids="$pids $(${docker} inspect --format '{{.State.Pid}}' "$id")"`,
    ]),
  ].join("\n");
}
