import { Registry } from "prom-client";
import { expect, it } from "vitest";
import { scrapeMetrics } from "../../../hub/http/scrape-metrics.ts";
import type { View } from "../../../hub/http/view.ts";

it("shows each scraped agent's last scrape and its failures, and nothing of one that is no longer scraped", async () => {
  const registry = new Registry();
  let scrapes: ReturnType<View["scrapes"]> = [
    { agent: "Planner", machine: "mainpc", scrape: scrape({ samples: 24, tookMs: 5 }), failures: 0 },
    { agent: "Tutor", machine: "pc2", scrape: scrape({ ok: false, reason: "refused", tookMs: 1 }), failures: 7 },
  ];
  scrapeMetrics(registry, { scrapes: () => scrapes });
  const linesOf = async () => (await registry.metrics()).split("\n").filter((line) => line !== "" && line[0] !== "#");
  const [planner, tutor] = ['{agent="Planner",machine="mainpc"}', '{agent="Tutor",machine="pc2"}'];
  expect(await linesOf()).toEqual([
    `tandem_agent_scrape_up${planner} 1`,
    `tandem_agent_scrape_up${tutor} 0`,
    `tandem_agent_scrape_duration_seconds${planner} 0.005`,
    `tandem_agent_scrape_duration_seconds${tutor} 0.001`,
    `tandem_agent_scrape_samples${planner} 24`,
    `tandem_agent_scrape_samples${tutor} 0`,
    `tandem_agent_scrape_failures_total${planner} 0`,
    `tandem_agent_scrape_failures_total${tutor} 7`,
  ]);
  scrapes = [];
  expect(await linesOf()).toEqual([]);
});

const scrape = (more: Partial<ReturnType<View["scrapes"]>[number]["scrape"]>) => ({
  ok: true,
  reason: "",
  samples: 0,
  ageMs: 10,
  tookMs: 1,
  ...more,
});
