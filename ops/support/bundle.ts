/** What goes into a bundle for a bug report: texts without secrets, and a MANIFEST of where each is from and of what is missing. */
import { execFile } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { messageOf } from "../../hub/io/log.ts";
import { OperatorError } from "../error.ts";
import type { Pattern } from "../secrets/patterns.ts";
import { scrub, secretsLeft } from "./scrub.ts";

export interface Entry {
  /** Within the bundle. @example "mainpc/hub/fleet.json" */
  path: string;
  /** @example "http://192.0.2.10:9000/api/v1/fleet" */
  from: string;
  text: string;
}

export class Bundle {
  readonly entries: Entry[] = [];
  /** What could not be fetched. */
  readonly missed: { path: string; from: string; why: string }[] = [];

  /** Never throws for what cannot be had: that is a line of the MANIFEST. */
  async add(path: string, from: string, read: () => Promise<string> | string): Promise<void> {
    try {
      this.entries.push({ path, from, text: await read() });
    } catch (error) {
      this.missed.push({ path, from, why: messageOf(error).split("\n")[0] ?? "" });
    }
  }
}

export interface Cleaned {
  entries: Entry[];
  /** How many places held a secret, or what looks like one. */
  removed: number;
}

/** @throws OperatorError with the place, never the value, when something that looks like a secret is left */
export function cleaned(entries: readonly Entry[], known: readonly Pattern[]): Cleaned {
  let removed = 0;
  const clean = entries.map(({ path, from, text }) => {
    const scrubbed = scrub(text, known);
    removed += scrubbed.count;
    return { path, from, text: scrubbed.text };
  });
  refuseSecrets(clean, known);
  return { entries: clean, removed };
}

/** The last look before anything is written, at names as well as texts. */
export function refuseSecrets(entries: readonly Entry[], known: readonly Pattern[]): void {
  for (const { path, from, text } of entries) {
    const [left] = secretsLeft(`${path}\n${from}\n${text}`, known);
    if (left === undefined) continue;
    throw new OperatorError(
      "support.secret",
      `${left} is in what would be ${scrub(path, known).text} of the bundle, so none was written`,
      "Take it out where it comes from, and change it if others could read it there; tandem secrets audit looks for more",
    );
  }
}

export interface ManifestFacts {
  at: string;
  version: string;
  removed: number;
  /** Secrets that were searched for by their values. */
  secrets: number;
}

export function manifestText(entries: readonly Entry[], missed: Bundle["missed"], facts: ManifestFacts): string {
  const { at, version, removed, secrets } = facts;
  return `${[
    `tandem support, ${at}, tandem ${version}`,
    `${secrets} secrets were searched for by their values, all else by its looks; ${removed} places were taken out`,
    "",
    ...entries.map(({ path, from, text }) => `${path}  ${Buffer.byteLength(text)} bytes  from ${from}`),
    "",
    missed.length === 0 ? "nothing is missing" : "not fetched:",
    ...missed.map(({ path, from, why }) => `${path}  from ${from}: ${why}`),
  ].join("\n")}\n`;
}

/** Readable by its owner alone: names and addresses of a site are nobody else's business. */
export async function pack(entries: readonly Entry[], out: string): Promise<void> {
  const work = mkdtempSync(join(tmpdir(), "tandem-support-"));
  const root = "tandem-support";
  try {
    for (const { path, text } of entries) {
      mkdirSync(join(work, root, dirname(path)), { recursive: true });
      writeFileSync(join(work, root, path), text);
    }
    await promisify(execFile)("tar", ["-czf", resolve(out), "-C", work, root]);
    chmodSync(out, 0o600);
  } catch (error) {
    throw new OperatorError(
      "support.pack",
      `${out} cannot be written: ${messageOf(error)}`,
      "It needs tar; name another file with --out",
    );
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
