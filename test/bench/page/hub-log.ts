/** Finds in a hub's log when it judged something: the line's own time, wall ms. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { Stage } from "../../../ops/chaos/stage.ts";

const Line = z.looseObject({ at: z.iso.datetime(), event: z.string() });
export type LogLine = z.infer<typeof Line>;

/** The first such line since a moment; undefined when there is none. */
export function judgedMs(
  stage: Stage,
  machine: string,
  sinceMs: number,
  fits: (line: LogLine) => boolean,
): number | undefined {
  const text = readFileSync(join(stage.machine(machine).folder, "logs", "hub.log"), "utf8");
  for (const line of text.split("\n")) {
    const parsed = Line.safeParse(objectOf(line));
    if (!parsed.success || Date.parse(parsed.data.at) < sinceMs || !fits(parsed.data)) continue;
    return Date.parse(parsed.data.at);
  }
  return undefined;
}

/** A line that is being written, or that a crash cut off, is none. */
function objectOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
