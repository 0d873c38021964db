/** What a container needs that is replaced by one that starts beside it: labels to find both by, and an end for the one that is left. */
import type * as docker from "@pulumi/docker";
import type * as pulumi from "@pulumi/pulumi";
import { dockerCommand, type Reach } from "./reach.ts";
import { runScript } from "./run-script.ts";

export type Role = "hub" | "router";

/** Of all containers of a role, of which there are two while one replaces the other. */
export const roleLabels = (machine: string, role: Role): Record<string, string> => ({
  "tandem.machine": machine,
  "tandem.role": role,
});

/** Asks on a unix socket of the container: another process may answer on the ports. */
export function healthScript(socket: string, path = "/livez"): string[] {
  const script = [
    `const asked = require("node:http").get(${JSON.stringify({ socketPath: socket, path })},`,
    "(answer) => process.exit(answer.statusCode === 200 ? 0 : 1));",
    'asked.on("error", () => process.exit(1));',
  ];
  return ["node", "-e", script.join(" ")];
}

/** POSIX sh; content when none runs. @param signal name without SIG @example "HUP" */
export function signalRole(reach: Reach, machine: string, role: Role, signal: string): string {
  const kill = `${dockerCommand(reach)} kill --signal ${signal} "$one" >/dev/null`;
  return `for one in $(${list(reach, machine, role)}); do ${kill}; done`;
}

export interface StopOthersArgs {
  reach: Reach;
  machine: string;
  role: Role;
  /** Between SIGTERM and SIGKILL, seconds. */
  stopGraceSeconds: number;
}

/**
 * Once the container is healthy every other one of its role ends: the one that it replaced, which stands by as long as it is there,
 * and what an `up` that was killed has left.
 */
export function stopOthers(
  name: string,
  container: docker.Container,
  { reach, machine, role, stopGraceSeconds }: StopOthersArgs,
  opts: pulumi.CustomResourceOptions,
): void {
  const engine = dockerCommand(reach);
  const script = container.id.apply((id) =>
    [
      `for one in $(${list(reach, machine, role)} --all); do`,
      `  [ "$one" != '${id}' ] || continue`,
      `  ${engine} stop --time ${stopGraceSeconds} "$one" >/dev/null`,
      `  ${engine} rm "$one" >/dev/null`,
      "done",
    ].join("\n"),
  );
  runScript(`${name}-others`, { script }, reach, opts);
}

function list(reach: Reach, machine: string, role: Role): string {
  const filters = Object.entries(roleLabels(machine, role)).map(([key, value]) => `--filter 'label=${key}=${value}'`);
  return `${dockerCommand(reach)} ps --quiet --no-trunc ${filters.join(" ")}`;
}
