/** Keeps on each machine what its deployments were: a record of each, and the program that made it. */
import { messageOf } from "../../hub/io/log.ts";
import { OperatorError } from "../error.ts";
import {
  digestScript,
  fetchScript,
  forgetScript,
  listScript,
  noteScript,
  numberScript,
  pruneScript,
  recordScript,
  storeScript,
} from "./archive-script.ts";
import { Deployment, keptDeployments, newest } from "./deployment.ts";
import { onMachine, type Place } from "./place.ts";
import type { Voucher } from "./vouch.ts";

/** A program may travel for so long, ms. */
const carryMs = 120_000;
/** A program is half a megabyte; one with large files of the site's own may be more. */
const mostBytes = 256 * 1024 ** 2;
/** A machine may think so long about what it noted, ms. */
const askMs = 30_000;

export interface Archive {
  /** The oldest first; a record that cannot be read is left out. */
  kept: Deployment[];
  /** The highest number of the site that this machine knows of. */
  last: number;
}

export async function readArchive(place: Place): Promise<Archive> {
  const [last = "", ...lines] = (await onMachine(place, listScript(dataOf(place)))).split("\n");
  const kept = lines.flatMap((line) => parsed(line) ?? []);
  return { kept, last: Math.max(Number.parseInt(last, 10) || 0, newest(kept)?.number ?? 0) };
}

export async function deploymentsOf(place: Place): Promise<Deployment[]> {
  return (await readArchive(place)).kept;
}

/** So that no other deployment gets this number, though this machine may have no part in it. */
export async function noteNumber(place: Place, number: number): Promise<void> {
  await onMachine(place, numberScript(dataOf(place), number));
}

/** Lets the oldest go, too, once it is over: until then what runs may be among them. */
export async function writeRecord(place: Place, record: Deployment): Promise<void> {
  const script = recordScript(dataOf(place), record.number);
  await onMachine(place, script, { stdin: `${JSON.stringify(record)}\n` });
  if (record.outcome !== "under way") await onMachine(place, pruneScript(dataOf(place), keptDeployments));
}

export async function storeProgram(place: Place, number: number, program: Buffer): Promise<void> {
  const script = storeScript(dataOf(place), number);
  await onMachine(place, script, { stdin: program.toString("base64"), deadlineMs: carryMs });
}

export async function fetchProgram(place: Place, number: number): Promise<Buffer> {
  try {
    return Buffer.from(
      await onMachine(place, fetchScript(dataOf(place), number), { deadlineMs: carryMs, mostBytes }),
      "base64",
    );
  } catch (error) {
    if (error instanceof OperatorError && error.code !== "deploy.script") throw error;
    throw new OperatorError(
      "deploy.no-program",
      `the program of deployment ${number} is not on ${place.name}: ${messageOf(error)}`,
      "tandem history lists what is kept; name another one with --to",
    );
  }
}

/** @param digests of programs, by the machine that keeps each */
export async function noteDigests(place: Place, number: number, digests: ReadonlyMap<string, string>): Promise<void> {
  await onMachine(place, noteScript(dataOf(place), number, digests));
}

/** What a machine says of the program that another one keeps. */
export async function askDigests(
  place: Place,
  machine: string,
  number: number,
): Promise<Pick<Voucher, "noted" | "own">> {
  const said = await onMachine(place, digestScript(dataOf(place), machine, number), { deadlineMs: askMs });
  const [, noted] = /^noted ([0-9a-f]{64})$/m.exec(said) ?? [];
  const [, own] = /^own ([0-9a-f]{64})\b/m.exec(said) ?? [];
  return { noted, own };
}

/** Lets every deployment before this one go. */
export async function forgetBefore(place: Place, number: number): Promise<void> {
  await onMachine(place, forgetScript(dataOf(place), number));
}

function parsed(line: string): Deployment | undefined {
  if (line.trim() === "") return undefined;
  try {
    return Deployment.parse(JSON.parse(line));
  } catch {
    return undefined;
  }
}

const dataOf = ({ stack }: Place) => stack.site.paths.data;
