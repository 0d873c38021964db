/** The inputs that are kept in the repository: those that together run what is known to run, and those that have failed. */

import { isUtf8 } from "node:buffer";
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { Found } from "./engine/campaign.ts";
import type { Stretch } from "./engine/growth.ts";

export const corpusDir = join(import.meta.dirname, "corpus");

/** An input of which a part is repeated; what it becomes is too long to be kept. */
const StretchFile = z.strictObject({ input: z.base64(), from: z.number().int(), to: z.number().int() });
const failed = "failed-";
const stretchEnding = ".stretch.json";
/** What a text file would not bring back as it was, or nobody could read. */
const unreadable = /[^\t\n\x20-\x7e\u00a1-\ud7ff]/;

export interface Corpus {
  inputs: Buffer[];
  stretches: Stretch[];
}

export function readCorpus(target: string, dir = corpusDir): Corpus {
  const corpus: Corpus = { inputs: [], stretches: [] };
  for (const name of filesOf(join(dir, target))) {
    const entry = readEntry(join(dir, target, name));
    if ("from" in entry) corpus.stretches.push(entry);
    else corpus.inputs.push(entry.input);
  }
  return corpus;
}

export function readEntry(path: string): Stretch | { input: Buffer } {
  const bytes = readFileSync(path);
  if (path.endsWith(".b64")) return { input: Buffer.from(bytes.toString(), "base64") };
  if (!path.endsWith(stretchEnding)) return { input: bytes };
  const { input, from, to } = StretchFile.parse(JSON.parse(bytes.toString()));
  return { input: Buffer.from(input, "base64"), from, to };
}

/** @returns the file that holds it now */
export function keepFailure(target: string, { input, stretch }: Found, dir = corpusDir): string {
  if (stretch === undefined) return write(join(dir, target), failed, input);
  const folder = join(dir, target);
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${failed}${hashOf(input)}${stretchEnding}`);
  writeFileSync(path, `${JSON.stringify({ input: input.toString("base64"), ...stretch })}\n`);
  return path;
}

/** In place of all that have not failed. */
export function replaceCorpus(target: string, inputs: readonly Buffer[], dir = corpusDir): void {
  const folder = join(dir, target);
  for (const name of filesOf(folder)) if (!name.startsWith(failed)) rmSync(join(folder, name));
  const hashes = filesOf(folder).map((name) => name.slice(failed.length).split(".")[0]);
  for (const input of inputs) if (!hashes.includes(hashOf(input))) write(folder, "", input);
}

function write(folder: string, prefix: string, input: Buffer): string {
  mkdirSync(folder, { recursive: true });
  const isText = isUtf8(input) && !unreadable.test(input.toString());
  const path = join(folder, `${prefix}${hashOf(input)}${isText ? ".txt" : ".b64"}`);
  writeFileSync(path, isText ? input : `${input.toString("base64")}\n`);
  return path;
}

function filesOf(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

const hashOf = (input: Buffer) => createHash("sha256").update(input).digest("hex").slice(0, 12);
