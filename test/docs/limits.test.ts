/** Every limit on what is pushed has its metrics, its key in a stack and its row in docs/limits.md. */
import { readFileSync } from "node:fs";
import { Registry } from "prom-client";
import { expect, it } from "vitest";
import { Admission } from "../../hub/core/fold/admission.ts";
import { limitNames, PushLimits } from "../../hub/core/push-limits.ts";
import { limitStatus } from "../../hub/http/limit-answers.ts";
import { limitMetrics } from "../../hub/http/limit-metrics.ts";

const page = readFileSync(new URL("../../docs/limits.md", import.meta.url), "utf8");
const admission = new Admission(PushLimits.parse({}), undefined);

it.each(Object.keys(PushLimits.shape) as (keyof PushLimits)[])("%s", async (limit) => {
  const registry = new Registry();
  limitMetrics(registry, admission);
  const shown = await registry.metrics();
  const value = PushLimits.parse({})[limit];
  expect(shown).toContain(`tandem_limit{limit="${limit}"} ${value}\n`);
  expect(shown).toContain(`tandem_limit_refusals_total{limit="${limit}"} 0\n`);
  expect(page).toContain(`| \`${limit}\` | ${value} | ${limitStatus[limit]} | `);
  const row = page.split("\n").find((line) => line.startsWith(`| \`${limit}\``));
  const hasUse = row?.split("|")[4]?.trim() !== "";
  expect(shown.includes(`tandem_limit_used{limit="${limit}"}`)).toBe(hasUse);
});

it("the page names no limit that is none", () => {
  const named = [...page.matchAll(/^\| `(\w+)` \| \d+ \| \d{3} \|/gm)].map(([, name]) => name);
  expect(named.sort()).toEqual([...limitNames].sort());
});
