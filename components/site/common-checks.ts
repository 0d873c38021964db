/** What holds for every machine's stack and no single value can say. */
import type { z } from "zod";
import { hostKeyExample } from "./values.ts";

/** @param path the key, as `ssh.jump.hostKey` or `logs.directories.0`; what was expected there follows */
export type Refuse = (path: string, expected: string, options?: { remove: boolean }) => void;

/** @returns a function that notes an issue; with `remove` the advice is to take the key out, not to set another value */
export function refuser(context: z.core.$RefinementCtx): Refuse {
  return (path, message, options) =>
    context.addIssue({
      code: "custom",
      path: path.split(".").map((part) => (/^\d+$/.test(part) ? Number(part) : part)),
      message,
      params: options,
    });
}

interface Common {
  ssh: { hostKey: string; jump: { host: string; hostKey: string } };
  docker: { socket: string };
  logs: { directories: string[]; files: string[] };
  prometheus: { enabled: boolean; port: number };
  grafana: { enabled: boolean; port: number };
}

export function checkCommon({ ssh, docker, logs, prometheus, grafana }: Common, refuse: Refuse): void {
  if (docker.socket === "" && ssh.hostKey === "") {
    refuse("ssh.hostKey", `the machine's host key, since it is reached over SSH, like ${hostKeyExample}`);
  }
  if (ssh.jump.host !== "" && ssh.jump.hostKey === "") {
    refuse("ssh.jump.hostKey", `the jump host's own key, like ${hostKeyExample}`);
  }
  if (logs.files.length > 0 && logs.directories.length === 0) {
    refuse("logs.directories.0", "the directories of logs.files, so that their size is watched");
  }
  if (grafana.enabled && !prometheus.enabled) {
    refuse("prometheus.enabled", "true, since grafana.enabled is and Grafana reads this machine's Prometheus");
  }
}

/**
 * Ports of what stands on this machine alone.
 * @param used who has which port there already; those of the two are added
 */
export function checkWatchPorts(
  site: Pick<Common, "prometheus" | "grafana">,
  used: Map<number, string>,
  refuse: Refuse,
): void {
  for (const key of ["prometheus", "grafana"] as const) {
    if (!site[key].enabled) continue;
    const other = used.get(site[key].port);
    if (other !== undefined) refuse(`${key}.port`, `a free port; ${site[key].port} is already ${other}`);
    used.set(site[key].port, `${key}.port`);
  }
}
