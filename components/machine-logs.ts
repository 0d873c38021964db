/** The care for a machine's logs, where its stack names directories of them. */
import * as pulumi from "@pulumi/pulumi";
import type { Fleet } from "../fleet/model.ts";
import { hostPort } from "./address.ts";
import { LogRotation } from "./log-rotation.ts";
import type { Reach } from "./reach.ts";
import { logsTokenKey, type Site, type StackSite } from "./site.ts";

export interface MachineLogsArgs {
  site: Pick<StackSite, "machine" | "logs" | "paths"> & Partial<Pick<Site, "access">>;
  fleet: Fleet;
  reach: Reach;
  /** Hub that is told what the logs hold. */
  hub: { address: string; hubPort: number };
  /** By which that hub knows who tells it. @default none */
  token?: pulumi.Input<string>;
}

export function machineLogs(
  name: string,
  { site, fleet, reach, hub, token }: MachineLogsArgs,
  opts: pulumi.ComponentResourceOptions,
): LogRotation | undefined {
  const { machine, paths } = site;
  const { files, owner, ...logs } = site.logs;
  if (logs.directories.length === 0) return undefined;
  if (token === undefined && site.access !== undefined && site.access.push.length > 0)
    void pulumi.log.warn(
      `The hub of ${machine.name} is not told what its logs hold: each push needs a token (access.push), and the stack has no ${logsTokenKey} (docs/access.md, Tokens).`,
      opts.parent,
    );
  const own = fleet.agents.filter((agent) => agent.machine === machine.name);
  return new LogRotation(
    `${name}-logs`,
    {
      ...logs,
      machine: machine.name,
      reach,
      // As text, not as the hub's output: a replaced hub would make every line of the script unknown in the preview.
      hubUrl: `http://${hostPort(hub.address, hub.hubPort)}`,
      token,
      logs: files.map((path) => ({ path })),
      // The agents' logging library rotates what it names after the agent.
      selfRotating: own.map((agent) => `${agent.name.toLowerCase()}.log`),
      owner: owner === "" ? undefined : owner,
      configDirectory: `${paths.config}/logs`,
      stateDirectory: `${paths.data}/logs`,
      secretDirectory: `${paths.config}/secrets/logs`,
    },
    opts,
  );
}
