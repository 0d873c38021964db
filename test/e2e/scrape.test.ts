import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { HubConfig } from "../../hub/config.ts";
import { controlSocketPath, type HostedAgent } from "../../ops/local/agents/config.ts";
import { askControl } from "../../ops/local/agents/control-client.ts";
import type { Fault } from "../../ops/local/agents/fault.ts";
import { writeWhole } from "../../ops/local/data-folder.ts";
import { filesOf } from "../../ops/local/site.ts";
import { dataFolder, someAgents, startProcess, writeConfig } from "../ops/agents/process.ts";
import { type BareMachine, BarePair } from "../support/bare-pair.ts";
import { fleetOf, metricsOf } from "../support/local-pair.ts";
import { until } from "../support/until.ts";

const often = { intervalMs: 500, deadlineMs: 400 };

describe("an agent of mainpc that only serves /metrics", { timeout: 180_000 }, () => {
  let dir: string;
  let pair: BarePair;
  let agent: HostedAgent;

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), "tandem-scrape-"));
    pair = await BarePair.make(join(dir, "pair"));
    const [made] = await someAgents(["Router", "tcp"]);
    if (made === undefined) throw new Error("one was asked for");
    agent = made;
    for (const { name } of pair.both) addToConfig(filesOf(pair.data.machine(name)).hubConfig);
    await pair.start();
  }, 120_000);

  afterAll(async () => {
    await pair?.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  function addToConfig(path: string): void {
    const config = HubConfig.parse(JSON.parse(readFileSync(path, "utf8")));
    const at = (port: number) => ({ host: agent.host, port });
    config.agents.push({
      name: agent.name,
      machine: "mainpc",
      group: "test",
      isHub: false,
      probe: { kind: "tcp", ...at(agent.healthPort) },
      ...often,
      scrape: { ...at(agent.httpPort), path: "/metrics", ...often },
      needs: [],
    });
    writeWhole(path, `${JSON.stringify(config, null, 2)}\n`);
  }

  /** How often it was asked by HTTP, by its own count, as it is shown at a place. */
  async function shownAt(base: string): Promise<number | undefined> {
    const labels = `instance="mainpc:${agent.httpPort}",job="Router",machine="mainpc",socket="http"`;
    const found = (await metricsOf(base))
      .split("\n")
      .find((line) => line.startsWith(`agent_requests_total{${labels}}`));
    return found === undefined ? undefined : Number(found.split(" ").at(-1));
  }

  async function grows(base: string): Promise<void> {
    const before = await until(`the metrics at ${base}`, () => shownAt(base));
    await until(`more at ${base}`, async () => ((await shownAt(base)) ?? 0) > before);
  }

  const goneAt = (base: string) =>
    until(`its end at ${base}`, async () => !(await metricsOf(base)).includes('job="Router"'));
  const everywhere = () => pair.both.flatMap(({ hubUrl, pushgatewayUrl }) => [hubUrl, pushgatewayUrl]);
  const scrapeBy = async ({ hubUrl }: BareMachine) =>
    (await fleetOf({ hub: hubUrl })).agents.find(({ name }) => name === "Router")?.scrape;

  it("is shown everywhere, tells of its error page, outlives its home hub, and goes stale when it dies", async () => {
    const { mainpc, pc2 } = pair.machines;
    const data = dataFolder();
    const running = startProcess("host.ts", writeConfig(data, "agents", { agents: [agent] }));
    const fault = async (wanted: Fault) => {
      const command = { command: "fault" as const, agent: "Router", fault: wanted };
      expect(await askControl(controlSocketPath(data, "mainpc", "agents"), command)).toMatchObject({ type: "answer" });
    };
    await running.ready;
    for (const base of everywhere()) await grows(base);
    expect(await scrapeBy(mainpc)).toMatchObject({ ok: true, reason: "" });
    expect(await scrapeBy(pc2)).toBeUndefined();

    await fault({ kind: "error-page" });
    const failed = await until("a failed scrape", async () => {
      const scrape = await scrapeBy(mainpc);
      return scrape?.ok === false ? scrape : undefined;
    });
    expect(failed.reason).toBe("an HTML page came with status 200: 500 Internal Server Error");
    const own = await metricsOf(mainpc.hubUrl);
    expect(own).toContain('tandem_agent_scrape_up{agent="Router",machine="mainpc"} 0\n');
    expect(own).toMatch(/^tandem_agent_scrape_failures_total\{agent="Router",machine="mainpc"\} [1-9]/m);
    for (const base of everywhere()) await goneAt(base);
    await fault({ kind: "none" });
    for (const base of everywhere()) await grows(base);
    expect(await metricsOf(mainpc.hubUrl)).toMatch(/^tandem_agent_scrape_up\{agent="Router",machine="mainpc"\} 1$/m);

    await mainpc.parts.hub.kill();
    await until("the scrapes of the peer", async () => (await scrapeBy(pc2))?.ok);
    for (const base of [pc2.hubUrl, pc2.pushgatewayUrl]) await grows(base);
    mainpc.parts.hub.start();
    await mainpc.parts.hub.ready();
    await until("the scrapes of the home hub", async () => (await scrapeBy(mainpc))?.ok);
    await until("the end of those of the peer", async () => (await scrapeBy(pc2)) === undefined);
    for (const base of everywhere()) await grows(base);

    running.child.kill("SIGKILL");
    for (const base of everywhere()) await goneAt(base);
    expect(await scrapeBy(mainpc)).toMatchObject({
      ok: false,
      reason: `${agent.host}:${agent.httpPort} refused the connection`,
    });
  });
});
