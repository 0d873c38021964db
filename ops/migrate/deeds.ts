/** Carries out what the steps ask for: hub files on the agents' machines, and groups that are deleted at the hubs. */
import { hubFolderOf } from "../../fleet/hub-file.ts";
import { peerOf } from "../../fleet/machines.ts";
import type { PlacedAgent } from "../../fleet/model.ts";
import { messageOf } from "../../hub/io/log.ts";
import { pushHeaders, requireWritable } from "../site/push-token.ts";
import type { Deed } from "./agent-step.ts";
import type { MigrationSite } from "./site.ts";

export interface AgentDeed {
  agent: PlacedAgent;
  deed: Deed;
}

/** A place of an agent: at home, or its standby's on the other machine. */
interface Instance {
  machine: string;
  folder: string;
}

const deleteMs = 5_000;

/** Never throws: what failed is seen to be undone at the next look, and told again. @returns what failed, in words */
export async function carryOut(deeds: readonly AgentDeed[], site: MigrationSite): Promise<string[]> {
  const work = [...site.hosts.values()].map((host) => filesOn(host.machine, deeds, site));
  for (const { agent, deed } of deeds) if (deed.do === "delete group") work.push(deleteGroup(agent, deed.which, site));
  const done = await Promise.allSettled(work);
  return done.flatMap((one) => (one.status === "rejected" ? [messageOf(one.reason)] : []));
}

/** One word with the machine for all of its files. */
async function filesOn(machine: string, deeds: readonly AgentDeed[], site: MigrationSite): Promise<void> {
  const host = site.hosts.get(machine);
  const writes: { folder: string; text: string }[] = [];
  const removes: string[] = [];
  for (const { agent, deed } of deeds) {
    for (const { folder } of instancesOf(agent, site).filter((one) => one.machine === machine)) {
      if (deed.do === "remove file") removes.push(folder);
      // A standby shows nothing before it has taken over, so there is nothing to compare.
      const isStandby = agent.machine !== machine;
      if (deed.do === "write file" && !(isStandby && deed.stage === "shadow"))
        writes.push({ folder, text: site.hubFile(agent, deed.stage, deed.revision, machine) });
    }
  }
  if (host === undefined) return;
  if (writes.length > 0) await host.write(writes);
  if (removes.length > 0) await host.remove(removes);
}

export function instancesOf(agent: PlacedAgent, { fleet }: Pick<MigrationSite, "fleet">): Instance[] {
  const home = { machine: agent.machine, folder: hubFolderOf(agent.name, "home") };
  const other = agent.standby === undefined ? undefined : peerOf(agent.machine, fleet);
  return other === undefined ? [home] : [home, { machine: other, folder: hubFolderOf(agent.name, "standby") }];
}

/**
 * Before anything is begun: groups that could not be deleted would stay beside those that come after them.
 *
 * @throws OperatorError when a hub does not take this command's token for an agent's groups
 */
export async function requireDeletions(
  agents: readonly PlacedAgent[],
  site: Pick<MigrationSite, "fleet" | "hubs">,
): Promise<void> {
  const ours = agents.filter(({ isHub }) => !isHub);
  const paths = ours.flatMap((agent) =>
    instancesOf(agent, site).map(({ machine }) => pathOf(agent, machine, "shadow")),
  );
  await requireWritable(site.hubs.values(), paths);
}

function pathOf({ name }: PlacedAgent, machine: string, which: "own" | "shadow"): string {
  const labels = ["machine", machine, ...(which === "shadow" ? ["arrangement", "shadow"] : [])];
  return `/${["metrics", "job", name, ...labels].map(encodeURIComponent).join("/")}`;
}

/** Of a standby that has acted meanwhile, too. */
async function deleteGroup(agent: PlacedAgent, which: "own" | "shadow", site: MigrationSite): Promise<void> {
  for (const { machine } of instancesOf(agent, site)) await deleteAt(agent, machine, which, site);
}

/** At the first hub that takes it: the other one follows by itself. */
async function deleteAt(
  agent: PlacedAgent,
  at: string,
  which: "own" | "shadow",
  { hubs }: Pick<MigrationSite, "hubs">,
): Promise<void> {
  const path = pathOf(agent, at, which);
  const headers = pushHeaders();
  let why = "";
  for (const [machine, url] of hubs) {
    try {
      const answer = await fetch(`${url}${path}`, {
        method: "DELETE",
        headers,
        signal: AbortSignal.timeout(deleteMs),
      });
      await answer.arrayBuffer();
      if (answer.ok) return;
      why = `the hub of ${machine} answered with ${answer.status}`;
    } catch (error) {
      why = `the hub of ${machine}: ${messageOf(error)}`;
    }
  }
  throw new Error(`the ${which} group of ${agent.id} was not deleted: ${why}`);
}
