/** Runs one input and says what was wrong with it: something was thrown, it took too long, or it never ended. */
import type { Outcome, Subject } from "./target.ts";

export type FailureKind = "thrown" | "slow" | "growth" | "hang" | "memory";

export interface Failure {
  kind: FailureKind;
  text: string;
  /** By which one failure is known as the same as another: without numbers and inputs in it. */
  signature: string;
}

export type Examined = { ok: true; outcome: Outcome; cpuMs: number } | { ok: false; failure: Failure };

/** Of this thread's processor time, far above what any input that is small takes; others on this machine do not count. */
const mostCpuMs = 2_000;

export async function examine(subject: Subject, input: Buffer): Promise<Examined> {
  const before = process.threadCpuUsage();
  try {
    const running = subject.run(input);
    const outcome = typeof running === "string" ? running : await running;
    const cpuMs = cpuSince(before);
    if (cpuMs <= mostCpuMs || !(await isSlowAgain(subject, input))) return { ok: true, outcome, cpuMs };
    const text = `${input.length} bytes took ${Math.round(cpuMs)} ms of processor time, and more than ${mostCpuMs} ms twice again`;
    return { ok: false, failure: { kind: "slow", text, signature: "slow" } };
  } catch (error) {
    return { ok: false, failure: thrown(error) };
  }
}

export function cpuSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1_000;
}

async function isSlowAgain(subject: Subject, input: Buffer): Promise<boolean> {
  for (let times = 0; times < 2; times++) {
    const before = process.threadCpuUsage();
    await subject.run(input);
    if (cpuSince(before) <= mostCpuMs) return false;
  }
  return true;
}

function thrown(error: unknown): Failure {
  if (!(error instanceof Error)) return { kind: "thrown", text: `threw ${String(error)}`, signature: "no error" };
  const frame = /\/((?:hub|fleet|components|ops|test)\/\S+?\.tsx?:\d+)/.exec(error.stack ?? "")?.[1] ?? "";
  const [line = ""] = error.message.split("\n", 1);
  const text = `${error.name}: ${line.slice(0, 500)}${frame === "" ? "" : ` (${frame})`}`;
  // Up to the first word that comes of the input.
  const signature = `${error.name} ${line.split(/[\d"':{[(]/, 1)[0]} ${frame}`;
  return { kind: "thrown", text, signature };
}
