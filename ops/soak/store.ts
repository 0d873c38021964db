/** The folder of a run: settings, key, raw data line by line, checkpoints and reports. What a sudden end leaves half-written is cut off. */
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, truncateSync } from "node:fs";
import { join, resolve } from "node:path";
import type { z } from "zod";
import { OperatorError } from "../error.ts";
import { writeWhole } from "../local/data-folder.ts";
import { type Checkpoint, checkpointName, type Keys, makeKeys } from "./checkpoint.ts";
import { type Asked, requireSame, Settings } from "./settings.ts";
import { Slice, SoakEvent } from "./slice.ts";

/** A key opens what it signs: it is its owner's alone. */
const keyMode = 0o600;

export class Store {
  readonly dir: string;
  settings: Settings;
  readonly privateKey: string;
  /** As they stand in the files. */
  readonly sliceLines: string[];
  readonly eventLines: string[];

  private constructor(dir: string, settings: Settings, privateKey: string) {
    this.dir = dir;
    this.settings = settings;
    this.privateKey = privateKey;
    this.sliceLines = wholeLines(join(dir, "slices.jsonl"));
    this.eventLines = wholeLines(join(dir, "events.jsonl"));
  }

  /** Begins a run there, or goes on with the one that is there. @param asked undefined: go on with whatever was asked for */
  static open(dir: string, asked: Asked | undefined, seed: number): Store {
    const path = resolve(dir);
    if (!existsSync(settingsPath(path))) {
      if (asked === undefined) throw noRun(path);
      return Store.#begin(path, asked, seed);
    }
    const kept = readSettings(path);
    if (asked !== undefined) requireSame(kept, asked, dir);
    const settings = { ...kept, starts: kept.starts + 1 };
    writeSettings(path, settings);
    return new Store(path, settings, readFileSync(keyPath(path), "utf8"));
  }

  static #begin(path: string, asked: Asked, seed: number): Store {
    if (existsSync(path) && readdirSync(path).length > 0) {
      const next = "Choose an empty or new folder with --out, or one of an earlier soak";
      throw new OperatorError("soak.folder", `${path} is not empty, and holds no soak`, next);
    }
    mkdirSync(join(path, "checkpoints"), { recursive: true });
    const keys: Keys = makeKeys();
    const startedAt = new Date().toISOString();
    const run = `soak-${startedAt.replace(/\D/g, "").slice(0, 14)}`;
    writeWhole(keyPath(path), keys.privateKey, keyMode);
    const settings: Settings = {
      ...asked,
      v: 1,
      run,
      startedAt,
      publicKey: keys.publicKey,
      seed,
      hubUrls: [],
      starts: 1,
    };
    writeSettings(path, settings);
    return new Store(path, settings, keys.privateKey);
  }

  appendSlice(slice: Slice): void {
    this.#append("slices.jsonl", this.sliceLines, slice);
  }

  appendEvent(event: SoakEvent): void {
    this.#append("events.jsonl", this.eventLines, event);
  }

  slices(): Slice[] {
    return this.sliceLines.map((line) => Slice.parse(JSON.parse(line)));
  }

  events(): SoakEvent[] {
    return this.eventLines.map((line) => SoakEvent.parse(JSON.parse(line)));
  }

  writeCheckpoint(checkpoint: Checkpoint): void {
    const path = join(this.dir, "checkpoints", `${checkpointName(checkpoint.number)}.json`);
    writeWhole(path, `${JSON.stringify(checkpoint, null, 2)}\n`);
  }

  /** For whoever verifies the run later. */
  rememberHubs(hubUrls: readonly string[]): void {
    this.settings = { ...this.settings, hubUrls: [...hubUrls] };
    writeSettings(this.dir, this.settings);
  }

  checkpoints(): Map<string, unknown> {
    return readCheckpoints(this.dir);
  }

  #append(name: string, lines: string[], value: unknown): void {
    const line = JSON.stringify(value);
    appendFileSync(join(this.dir, name), `${line}\n`, { flush: true });
    lines.push(line);
  }
}

/** Without a start of its own, for a look at what is there. */
export function readRun(dir: string): { settings: Settings; sliceLines: string[]; eventLines: string[] } {
  const path = resolve(dir);
  if (!existsSync(settingsPath(path))) throw noRun(path);
  const lines = (name: string) => textOf(join(path, name)).split("\n").slice(0, -1);
  return { settings: readSettings(path), sliceLines: lines("slices.jsonl"), eventLines: lines("events.jsonl") };
}

/** By name; one that is no JSON is given as its text. */
export function readCheckpoints(dir: string): Map<string, unknown> {
  const folder = join(resolve(dir), "checkpoints");
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".json")) : [];
  return new Map(names.sort().map((name) => [name.slice(0, -".json".length), parsed(textOf(join(folder, name)))]));
}

const settingsPath = (path: string) => join(path, "soak.json");
const keyPath = (path: string) => join(path, "key.pem");
const writeSettings = (path: string, settings: Settings) =>
  writeWhole(settingsPath(path), `${JSON.stringify(settings, null, 2)}\n`);

function readSettings(path: string): Settings {
  const settings = parseWith(Settings, textOf(settingsPath(path)));
  if (settings !== undefined) return settings;
  const next = "Restore the file, or begin anew in another folder with --out";
  throw new OperatorError("soak.broken", `${settingsPath(path)} is not as a soak writes it`, next);
}

function wholeLines(path: string): string[] {
  const text = textOf(path);
  const end = text.lastIndexOf("\n") + 1;
  if (end < text.length) truncateSync(path, Buffer.byteLength(text.slice(0, end)));
  return text.slice(0, end).split("\n").slice(0, -1);
}

const textOf = (path: string) => (existsSync(path) ? readFileSync(path, "utf8") : "");

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function parseWith<T>(schema: z.ZodType<T>, text: string): T | undefined {
  const result = schema.safeParse(parsed(text));
  return result.success ? result.data : undefined;
}

const noRun = (path: string) =>
  new OperatorError("soak.no-run", `${path} holds no soak: there is no soak.json`, "Name the folder that --out named");
