/** The care for a machine's logs, where its stack names directories of them. */
import type * as pulumi from "@pulumi/pulumi";
import type { Fleet } from "../fleet/model.ts";
import { hostPort } from "./address.ts";
import { LogRotation } from "./log-rotation.ts";
import type { Reach } from "./reach.ts";
import type { StackSite } from "./site.ts";

export interface MachineLogsArgs {
  site: Pick<StackSite, "machine" | "logs" | "paths">;
  fleet: Fleet;
  reach: Reach;
  /** Hub that is told what the logs hold. */
  hub: { address: string; hubPort: number };
}

export function machineLogs(
  name: string,
  { site, fleet, reach, hub }: MachineLogsArgs,
  opts: pulumi.ComponentResourceOptions,
): LogRotation | undefined {
  const { machine, paths } = site;
  const { files, owner, ...logs } = site.logs;
  if (logs.directories.length === 0) return undefined;
  const own = fleet.agents.filter((agent) => agent.machine === machine.name);
  return new LogRotation(
    `${name}-logs`,
    {
      ...logs,
      machine: machine.name,
      reach,
      // As text, not as the hub's output: a replaced hub would make every line of the script unknown in the preview.
      hubUrl: `http://${hostPort(hub.address, hub.hubPort)}`,
      logs: files.map((path) => ({ path })),
      // The agents' logging library rotates what it names after the agent.
      selfRotating: own.map((agent) => `${agent.name.toLowerCase()}.log`),
      owner: owner === "" ? undefined : owner,
      configDirectory: `${paths.config}/logs`,
      stateDirectory: `${paths.data}/logs`,
    },
    opts,
  );
}
