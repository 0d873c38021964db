/** Reads the folder of a run: its settings, its lines and its checkpoints, without changing anything there. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { z } from "zod";
import { OperatorError } from "../error.ts";
import { runVersion, Settings } from "./settings.ts";
import { Slice, SoakEvent } from "./slice.ts";

export const filesOf = (dir: string) => ({
  settings: join(dir, "soak.json"),
  key: join(dir, "key.pem"),
  lock: join(dir, "soak.lock"),
  slices: join(dir, "slices.jsonl"),
  events: join(dir, "events.jsonl"),
  checkpoints: join(dir, "checkpoints"),
});

/** As it stands in the files; a line that a sudden end left half-written is none. */
export interface RunLines {
  settings: Settings;
  sliceLines: string[];
  eventLines: string[];
}

export interface Run {
  settings: Settings;
  slices: Slice[];
  events: SoakEvent[];
}

const OfOtherVersion = z.object({ v: z.number().refine((v) => v !== runVersion) });

export const holdsRun = (dir: string): boolean => existsSync(filesOf(resolve(dir)).settings);

export function readLines(dir: string): RunLines {
  const { slices, events } = filesOf(resolve(dir));
  return { settings: readSettings(dir), sliceLines: wholeLines(slices), eventLines: wholeLines(events) };
}

/** @throws OperatorError that names a line that is none */
export function readRun(dir: string, { settings, sliceLines, eventLines } = readLines(dir)): Run {
  const { slices, events } = filesOf(resolve(dir));
  return {
    settings,
    slices: parsedLines(slices, sliceLines, Slice),
    events: parsedLines(events, eventLines, SoakEvent),
  };
}

export function readSettings(dir: string): Settings {
  const path = filesOf(resolve(dir)).settings;
  if (!existsSync(path)) {
    const next = "Name the folder that --out named";
    throw new OperatorError("soak.no-run", `${resolve(dir)} holds no soak: there is no soak.json`, next);
  }
  const found = parsed(readFileSync(path, "utf8"));
  const settings = Settings.safeParse(found);
  if (settings.success) return settings.data;
  const what = OfOtherVersion.safeParse(found).success
    ? "was written by another version of Tandem"
    : "is not as a soak writes it";
  const next = "Restore the file, or begin anew in another folder with --out";
  throw new OperatorError("soak.broken", `${path} ${what}`, next);
}

/** By name, the first one first; one that is no JSON is given as its text. */
export function readCheckpoints(dir: string): Map<string, unknown> {
  const folder = filesOf(resolve(dir)).checkpoints;
  const names = existsSync(folder) ? readdirSync(folder).flatMap((file) => /^(\d+)\.json$/.exec(file)?.[1] ?? []) : [];
  const inOrder = names.sort((a, b) => Number(a) - Number(b));
  return new Map(inOrder.map((name) => [name, parsed(readFileSync(join(folder, `${name}.json`), "utf8"))]));
}

/** Whether there is anything to go on with. */
export const hasBegun = (dir: string): boolean =>
  wholeLines(filesOf(resolve(dir)).slices).length + readCheckpoints(dir).size > 0;

export const observedMsOf = (slices: readonly Slice[]): number =>
  slices.reduce((sum, { observedMs }) => sum + observedMs, 0);

function parsedLines<T>(path: string, lines: readonly string[], schema: z.ZodType<T>): T[] {
  return lines.map((line, i) => {
    const result = schema.safeParse(parsed(line));
    if (result.success) return result.data;
    const next = "Restore the line, or begin anew in another folder with --out";
    throw new OperatorError("soak.damaged", `line ${i + 1} of ${path} is not as a soak writes it`, next);
  });
}

function wholeLines(path: string): string[] {
  return existsSync(path) ? readFileSync(path, "utf8").split("\n").slice(0, -1) : [];
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
