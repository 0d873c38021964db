/** Writes the folder of a run: settings, key, raw data line by line and checkpoints. What a sudden end leaves half-written is cut off. */
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, truncateSync } from "node:fs";
import { join, resolve } from "node:path";
import { messageOf } from "../../hub/io/log.ts";
import { writeDurablySync } from "../../hub/io/write-durably.ts";
import { OperatorError } from "../error.ts";
import { writeWhole } from "../local/data-folder.ts";
import { type Checkpoint, checkpointName, makeKeys } from "./checkpoint.ts";
import {
  filesOf,
  hasBegun,
  holdsRun,
  type Run,
  readCheckpoints,
  readLines,
  readRun,
  readSettings,
} from "./run-files.ts";
import { type Asked, isSame, requireSame, runVersion, type Settings } from "./settings.ts";
import type { Slice, SoakEvent } from "./slice.ts";
import { resumeCommand } from "./words.ts";

/** A key opens what it signs: it is its owner's alone. */
const keyMode = 0o600;
/** What a start leaves that was ended before it had written its settings. */
const leftovers = /^(key\.pem|soak\.json\.new|soak\.lock|checkpoints$)/;

export interface Opening {
  /** Undefined: go on with whatever was asked for. */
  asked: Asked | undefined;
  /** Undefined: whichever it is. */
  seed?: number | undefined;
  /** Whether the hubs take copies of checkpoints. */
  copies: boolean;
}

export class Store {
  readonly dir: string;
  settings: Settings;
  readonly privateKey: string;
  /** What earlier starts wrote. */
  readonly earlier: Run;
  /** As they stand in the files. */
  readonly sliceLines: string[];
  readonly eventLines: string[];

  private constructor(dir: string, settings: Settings, privateKey: string) {
    this.dir = dir;
    this.settings = settings;
    this.privateKey = privateKey;
    const lines = readLines(dir);
    this.earlier = readRun(dir, lines);
    this.sliceLines = lines.sliceLines;
    this.eventLines = lines.eventLines;
  }

  /** Begins a run there, or goes on with the one that is there. */
  static open(dir: string, { asked, seed, copies }: Opening): Store {
    const path = resolve(dir);
    if (asked === undefined || keptRun(path, asked, seed) !== undefined) return Store.#goOn(path);
    return Store.#begin(path, asked, seed ?? Date.now() % 1_000_000, copies);
  }

  static #begin(path: string, asked: Asked, seed: number, copies: boolean): Store {
    requireOurs(path);
    const { settings: settingsPath, key, slices, events, checkpoints } = filesOf(path);
    for (const file of [settingsPath, slices, events]) rmSync(file, { force: true });
    mkdirSync(checkpoints, { recursive: true });
    const { privateKey, publicKey } = makeKeys();
    const startedAt = new Date().toISOString();
    const run = `soak-${startedAt.replace(/\D/g, "").slice(0, 14)}`;
    writeWhole(key, privateKey, keyMode);
    const settings: Settings = {
      ...asked,
      v: runVersion,
      run,
      startedAt,
      publicKey,
      seed,
      copies,
      hubUrls: [],
      starts: 1,
    };
    writeSettings(path, settings);
    return new Store(path, settings, privateKey);
  }

  /** Nothing is written before all that is there is found to be as it should. */
  static #goOn(path: string): Store {
    const kept = readSettings(path);
    const { slices, events } = filesOf(path);
    for (const file of [slices, events]) cutHalfLine(file);
    const store = new Store(path, { ...kept, starts: kept.starts + 1 }, readKey(path));
    writeSettings(path, store.settings);
    return store;
  }

  appendSlice(slice: Slice): void {
    this.#append(filesOf(this.dir).slices, this.sliceLines, slice);
  }

  appendEvent(event: SoakEvent): void {
    this.#append(filesOf(this.dir).events, this.eventLines, event);
  }

  /** On the disk before the hubs hear of it: they would miss one that a power cut took back. */
  writeCheckpoint(checkpoint: Checkpoint): void {
    const path = join(filesOf(this.dir).checkpoints, `${checkpointName(checkpoint.number)}.json`);
    writeDurablySync(path, Buffer.from(`${JSON.stringify(checkpoint, null, 2)}\n`));
  }

  /** For whoever verifies the run later. */
  rememberHubs(hubUrls: readonly string[]): void {
    this.settings = { ...this.settings, hubUrls: [...hubUrls] };
    writeSettings(this.dir, this.settings);
  }

  checkpoints(): Map<string, unknown> {
    return readCheckpoints(this.dir);
  }

  #append(path: string, lines: string[], value: unknown): void {
    const line = JSON.stringify(value);
    try {
      appendFileSync(path, `${line}\n`, { flush: true });
    } catch (error) {
      const next = `Make room there, or let it be written, then go on: ${resumeCommand(this.dir)}`;
      throw new OperatorError("soak.unwritable", `cannot append to ${path}: ${messageOf(error)}`, next);
    }
    lines.push(line);
  }
}

/**
 * Undefined where none is, or one of another kind that has nothing to show yet.
 *
 * @throws OperatorError for a run that was asked for something else
 */
export function keptRun(dir: string, asked: Asked | undefined, seed: number | undefined): Settings | undefined {
  if (asked === undefined) return readSettings(dir);
  if (!holdsRun(dir)) return undefined;
  const kept = readSettings(dir);
  if (!isSame(kept, asked, seed) && !hasBegun(dir)) return undefined;
  requireSame(kept, asked, seed, dir);
  return kept;
}

function requireOurs(path: string): void {
  if (!existsSync(path) || holdsRun(path)) return;
  const strangers = readdirSync(path).filter((name) => !leftovers.test(name));
  if (strangers.length === 0) return;
  const next = "Choose an empty or new folder with --out, or one of an earlier soak";
  throw new OperatorError("soak.folder", `${path} is not empty, and holds no soak`, next);
}

function readKey(path: string): string {
  const { key } = filesOf(path);
  try {
    return readFileSync(key, "utf8");
  } catch (error) {
    const next = "Put it back, or begin another soak with --out: without it no checkpoint can follow the others";
    throw new OperatorError("soak.key", `cannot read ${key}: ${messageOf(error)}`, next);
  }
}

const writeSettings = (path: string, settings: Settings) =>
  writeWhole(filesOf(path).settings, `${JSON.stringify(settings, null, 2)}\n`);

function cutHalfLine(path: string): void {
  if (!existsSync(path)) return;
  const bytes = readFileSync(path);
  const end = bytes.lastIndexOf("\n") + 1;
  if (end < bytes.length) truncateSync(path, end);
}
