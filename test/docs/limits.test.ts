/** Every limit on what is pushed has its metrics, its key in a stack and its row in docs/limits.md. */
import { readFileSync } from "node:fs";
import { Registry } from "prom-client";
import { expect, it } from "vitest";
import { Admission } from "../../hub/core/fold/admission.ts";
import { refusalReasons } from "../../hub/core/otlp/family-of.ts";
import { limitNames, PushLimits } from "../../hub/core/push-limits.ts";
import { limitStatus } from "../../hub/http/limit-answers.ts";
import { limitMetrics } from "../../hub/http/limit-metrics.ts";
import { otlpMetrics } from "../../hub/http/otlp-metrics.ts";

const read = (name: string) => readFileSync(new URL(`../../docs/${name}`, import.meta.url), "utf8");
const page = read("limits.md");
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

it("the page about OTLP names each reason and outcome that is counted, and no other", async () => {
  const registry = new Registry();
  otlpMetrics(registry);
  const counted = [...(await registry.metrics()).matchAll(/^tandem_otlp_\w+\{(?:outcome|reason)="(\w+)"\}/gm)];
  const named = [...read("otlp.md").matchAll(/_total\{(?:outcome|reason)\}` \(([^)]+)\)/g)];
  expect(named.flatMap(([, words = ""]) => words.match(/\w+/g) ?? []).sort()).toEqual(
    counted.map(([, name]) => name).sort(),
  );
  expect(counted.length).toBeGreaterThan(refusalReasons.length);
});
