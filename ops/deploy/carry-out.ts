/** Plays a deployment through: one command after the other, until the steps say that it is over, and writes down how each machine ended. */
import type { Outcome } from "./deployment.ts";
import type { LogTail } from "./logs.ts";
import { MachineRun, type Shared, type Task } from "./machine-run.ts";
import { begin, type Command, type End, type Event, next } from "./steps.ts";

export interface TimedStep {
  machine: string;
  step: Exclude<Command["do"], "end">;
  way: "forward" | "back";
  ms: number;
  ok: boolean;
  /** Empty when it went well. */
  why: string;
}

export interface Played {
  end: End;
  steps: TimedStep[];
  logs: (LogTail & { machine: string })[];
  notes: string[];
}

export async function carryOut(tasks: readonly Task[], shared: Shared): Promise<Played> {
  const runs = new Map(tasks.map((task) => [task.place.name, new MachineRun(task, shared)]));
  const timed: TimedStep[] = [];
  let [steps, command] = begin(
    tasks.map(({ place, plan, heals }) => ({
      name: place.name,
      changes: heals || !plan.isEmpty,
      heals,
      hasPrevious: shared.waysBack.has(place.name),
    })),
  );
  while (command.do !== "end") {
    const startMs = performance.now();
    const event: Event = (await runs.get(command.machine)?.carryOut(command)) ?? { type: "done" };
    timed.push(timedStep(command, event, performance.now() - startMs));
    if (event.type === "failed") shared.say(`${command.machine}: ${command.do} failed: ${event.why}`);
    [steps, command] = next(steps, event);
  }
  const { end } = command;
  const begun = new Set(timed.map(({ machine }) => machine));
  for (const [machine, run] of runs)
    if (begun.has(machine)) await close(run, outcomeOf(machine, end, timed, run.task.heals), whyOf(machine, end));
  return { end, steps: timed, logs: shared.logs, notes: shared.notes };
}

function close(run: MachineRun, outcome: Outcome, why: string): Promise<void> {
  return run.close(outcome, outcome === "done" ? "" : why);
}

function timedStep(command: Exclude<Command, { do: "end" }>, event: Event, ms: number): TimedStep {
  return {
    machine: command.machine,
    step: command.do,
    way: "way" in command ? command.way : "forward",
    ms: Math.round(ms),
    ok: event.type === "done",
    why: event.type === "failed" ? event.why : event.type === "interrupted" ? "interrupted" : "",
  };
}

/** How a machine that took part has ended. @param heals whether an earlier run had left it in between */
export function outcomeOf(machine: string, end: End, steps: readonly TimedStep[], heals: boolean): Outcome {
  const own = steps.filter((one) => one.machine === machine);
  const went = (step: TimedStep["step"]) => own.find((one) => one.step === step && one.way === "forward");
  // As it was is in between still: the next run must know.
  if (heals && end.outcome !== "done" && went("up") === undefined) return "interrupted";
  switch (end.outcome) {
    case "done":
      return "done";
    case "refused":
    case "rolled back":
      return "rolled back";
    case "failed":
      return end.stuck.some((one) => one.machine === machine) ? "failed" : "rolled back";
    case "interrupted": {
      // Nothing was changed before its `up`, and nothing is open once it is verified.
      if (went("up") === undefined) return "rolled back";
      if (own.some(({ way, step }) => way === "back" && step !== "settle")) return "interrupted";
      return went("verify")?.ok ? "done" : "interrupted";
    }
  }
}

function whyOf(machine: string, end: End): string {
  switch (end.outcome) {
    case "done":
      return "";
    case "interrupted":
      return "an operator ended it";
    case "failed":
      return end.stuck.find((one) => one.machine === machine)?.why ?? end.failure.why;
    case "refused":
    case "rolled back":
      return end.failure.machine === machine ? end.failure.why : `${end.failure.machine}: ${end.failure.why}`;
  }
}
