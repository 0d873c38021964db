/** Whether the time of a target grows faster than its input: a part of an input is repeated until it shows, or until it is long. */
import type { Random } from "../../../ops/chaos/random.ts";
import { cpuSince, type Failure } from "./examine.ts";
import { stretchOf } from "./mutate-bytes.ts";
import type { Subject } from "./target.ts";

/** An input in which the bytes from `from` to `to` stand as often as its size asks for. */
export interface Stretch {
  input: Buffer;
  from: number;
  to: number;
}

const firstBytes = 8_192;
/** Of twice as much: twice is fair, and four times is a square. */
const mostRatio = 3;
/** Below it a clock, a collector or a compiler tells more than the target. */
const leastCpuMs = 40;
/** Of the shortest of the three: from nothing to something is no ratio. */
const leastFirstCpuMs = 2;
/** What takes so long shows by now how it grows. */
const enoughCpuMs = 1_500;
const repetitions = 3;

export function randomStretch(input: Buffer, random: Random): Stretch {
  const [from, to] = stretchOf(input, random);
  return { input, from, to };
}

/** Only what is so three times over is so. @param running told before each run */
export async function growthOf(
  subject: Subject,
  stretch: Stretch,
  mostBytes: number,
  running: () => void,
): Promise<Failure | undefined> {
  if (stretch.to <= stretch.from) return undefined;
  let found = await steepAt(subject, stretch, mostBytes, running);
  for (let times = 1; times < repetitions && found !== undefined; times++)
    found = await steepAt(subject, stretch, mostBytes, running);
  if (found === undefined) return undefined;
  const text = `time grows faster than the input: ${found} (bytes ${stretch.from} to ${stretch.to} repeated)`;
  return { kind: "growth", text, signature: "growth" };
}

export function stretched({ input, from, to }: Stretch, bytes: number): Buffer {
  const part = input.subarray(from, to);
  const times = Math.max(1, Math.ceil((bytes - input.length) / part.length) + 1);
  return Buffer.concat([input.subarray(0, from), ...Array.from({ length: times }, () => part), input.subarray(to)]);
}

async function steepAt(
  subject: Subject,
  stretch: Stretch,
  mostBytes: number,
  running: () => void,
): Promise<string | undefined> {
  let [before, last] = [Number.NaN, Number.NaN];
  for (let bytes = firstBytes; bytes <= mostBytes; bytes *= 2) {
    const cpuMs = await timed(subject, stretched(stretch, bytes), running);
    const isLong = cpuMs >= leastCpuMs && before >= leastFirstCpuMs;
    if (isLong && cpuMs > mostRatio * last && last > mostRatio * before)
      return `${rounded(before)} ms for ${bytes / 4} bytes, ${rounded(last)} ms for ${bytes / 2}, ${rounded(cpuMs)} ms for ${bytes}`;
    if (cpuMs > enoughCpuMs) return undefined;
    [before, last] = [last, cpuMs];
  }
  return undefined;
}

const rounded = (ms: number) => Math.round(ms * 10) / 10;

/** The shortest of a few, since a collection may come in between. */
async function timed(subject: Subject, input: Buffer, running: () => void): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let times = 0; times < 3; times++) {
    running();
    const before = process.threadCpuUsage();
    await subject.run(input);
    least = Math.min(least, cpuSince(before));
    if (least > 500) break;
  }
  return least;
}
