import { describe, expect, it } from "vitest";
import { prepareBody } from "../../../hub/core/fold/prepare.ts";
import { AgentMetrics } from "../../../ops/local/agents/agent-metrics.ts";

const group: [string, string][] = [
  ["job", "Router"],
  ["machine", "mainpc"],
];

async function familiesOf(metrics: AgentMetrics): Promise<string[]> {
  const prepared = prepareBody(group, await metrics.registry.metrics());
  if (!prepared.ok) throw new Error(prepared.reason);
  return prepared.families.map(({ name, type, series }) => `${name} ${type} ${series}`);
}

describe("an agent's metrics", () => {
  it("are taken by a hub, those of its hub file too, which are there only while it has one", async () => {
    const metrics = new AgentMetrics(1);
    const before = await familiesOf(metrics);
    metrics.followHubFile(3);
    metrics.pushed("pc2", "late");
    metrics.pushed("mainpc", "ok");
    const added = (await familiesOf(metrics)).filter((family) => !before.includes(family));
    expect(added).toEqual(["tandem_agent_hub_revision gauge 1", "tandem_agent_pushes_total counter 2"]);
    metrics.followHubFile(undefined);
    expect(await familiesOf(metrics)).toEqual(before);
  });

  it("show the newest revision, and count on through a time without a file", async () => {
    const metrics = new AgentMetrics(1);
    metrics.followHubFile(3);
    metrics.pushed("pc2", "ok");
    metrics.followHubFile(undefined);
    metrics.followHubFile(4);
    metrics.pushed("pc2", "ok");
    const text = await metrics.registry.metrics();
    expect(text).toMatch(/^tandem_agent_hub_revision 4$/m);
    expect(text).toMatch(/^tandem_agent_pushes_total\{hub="pc2",outcome="ok"\} 2$/m);
  });
});
