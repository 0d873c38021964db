/** What operators write for a hub and for a stack: read, or refused with words that help and repeat no secret. */

import fc from "fast-check";
import { z } from "zod";
import { SatelliteKeys } from "../../../components/satellite-site.ts";
import { Site } from "../../../components/site.ts";
import { parseStack } from "../../../components/stack-config.ts";
import { HubConfig } from "../../../hub/config.ts";
import { OperatorError } from "../../../ops/error.ts";
import { stackValues } from "../../components/recorder.ts";
import { smallConfig } from "../../hub/small-config.ts";
import { fromSchema, type Schema } from "../../support/schema-arbitrary.ts";
import { holds, jsonOf, type Outcome, same, stable, type Target } from "../engine/target.ts";

function hub(input: Buffer): Outcome {
  const parsed = HubConfig.safeParse(jsonOf(input));
  if (!parsed.success) {
    holds(z.prettifyError(parsed.error) !== "", "a refusal without words");
    return "refused";
  }
  same(HubConfig.parse(JSON.parse(JSON.stringify(parsed.data))), parsed.data, "a config written and read again");
  return "taken";
}

/** Groups in which a secret may stand by mistake. */
const secretGroups = ["security", "notifications", "remoteWrite", "access"];
const leastSecret = 10;

function stack(input: Buffer): Outcome {
  const values = jsonOf(input);
  if (typeof values !== "object" || values === null || Array.isArray(values)) return "refused";
  try {
    parseStack(values as Record<string, unknown>, "mainpc"); // as the engine's keys are
    return "taken";
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    holds(error.message !== "" && error.next !== "", "an error that says nothing, or nothing to do");
    const elsewhere = stable(Object.entries(values).filter(([name]) => !secretGroups.includes(name)));
    for (const group of secretGroups)
      for (const text of textsOf(Reflect.get(values, group), group))
        if (!elsewhere.includes(text) && !exampleTexts.includes(text))
          holds(!error.toText().includes(text), `${group} is repeated: ${text}`);
    return "refused";
  }
}

/** Long ones that are values; names of keys are told. */
function textsOf(value: unknown, group: string): string[] {
  if (typeof value === "string") return value.length >= leastSecret && !value.includes(group) ? [value] : [];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap((part) => textsOf(part, group));
}

/** What the errors say by themselves. */
const exampleTexts: string = JSON.stringify(
  [HubConfig, Site, SatelliteKeys].map((schema) => z.toJSONSchema(schema, { io: "input", unrepresentable: "any" })),
);

const hubSchema = z.toJSONSchema(HubConfig, { io: "input", unrepresentable: "any" }) as Schema; // a JSON schema
const stacks = ["mainpc", "pc2"].map((name) => stackValues(name));
const keysOf = (value: unknown): string[] => {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, part]) => [key, ...keysOf(part)]);
};

export const targets: readonly Target[] = [
  {
    name: "hub-config",
    about: "a hub's config file",
    form: "json",
    tokens: [...new Set(keysOf(hubSchema))],
    seeds: () => [JSON.stringify(smallConfig())],
    draw: (seed, count) => fc.sample(fromSchema(hubSchema), { seed, numRuns: count }),
    covers:
      /^hub\/(config|core\/(push-limits|limits|failover\/limits|objectives\/config)|notify\/config|remote-write\/config|access\/config)/,
    stretchBytes: 131_072,
    open: () => ({ run: hub }),
  },
  {
    name: "stack-config",
    about: "a stack's configuration",
    form: "json",
    tokens: [
      ...new Set(stacks.flatMap(keysOf)),
      "role",
      "satellite",
      "security",
      "access",
      "notifications",
      "remoteWrite",
      "a-long-secret-text",
    ],
    seeds: () => [
      ...stacks.map((values) => JSON.stringify(values)),
      JSON.stringify({ ...stacks[0], role: "satellite", security: { hubSeed: "a-long-secret-text" } }),
    ],
    covers: /^components\/(stack-config|site|satellite-site)/,
    stretchBytes: 131_072,
    open: () => ({ run: stack }),
  },
];
