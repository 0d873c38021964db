/** What a pair has to hold over a soak: one schema is check, default and document of the bars. */
import { z } from "zod";
import { OperatorError } from "../error.ts";

const percent = z.number().min(0).max(100);

export const Bars = z.strictObject({
  availability: percent.default(99.9).describe("least share of requests served to the worst-off client, %"),
  p95: z.number().positive().default(500).describe("longest response time of 95 % of all requests, ms"),
  errors: percent.default(0.1).describe("largest share of failed requests, %"),
  recovery: z.number().positive().default(30).describe("longest from a failed request to a good one, s"),
  cpu: percent.default(70).describe("processor of a machine, in the 95th of 100 slices of time, %"),
  memory: percent.default(80).describe("largest share of a machine's memory in use, %"),
  disk: percent.default(80).describe("largest share of the data's disk in use, %"),
  doubling: z.number().positive().default(7).describe("a process that would double within so many days leaks"),
  lost: z.number().int().min(0).default(0).describe("acknowledged records that no machine holds"),
  duplicates: z.number().int().min(0).default(0).describe("records stored twice that no retry explains"),
  unobserved: percent.default(5).describe("more than this share of the time not observed leaves a soak incomplete, %"),
});
export type Bars = z.infer<typeof Bars>;
export type BarName = keyof Bars;

/** @param settings as an operator gives them. @example ["cpu=90", "p95=800"] */
export function parseBars(settings: readonly string[]): Bars {
  const pairs = settings.map((setting) => {
    const [name = "", text = ""] = setting.split("=", 2);
    return [name, text === "" ? text : Number(text)];
  });
  const parsed = Bars.safeParse(Object.fromEntries(pairs));
  if (parsed.success) return parsed.data;
  const what = parsed.error.issues.map(({ path, message }) => `${path.join(".") || "bars"}: ${message}`).join("; ");
  throw new OperatorError("soak.bar", `not a bar: ${what}`, `Give name=number of these:\n${barsHelp()}`);
}

/** One line a bar, for the help text. */
export function barsHelp(): string {
  return Object.entries(Bars.shape)
    .map(
      ([name, schema]) =>
        `    ${name.padEnd(13)} ${String(schema.parse(undefined)).padStart(5)}  ${schema.description}`,
    )
    .join("\n");
}
