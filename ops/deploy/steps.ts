/**
 * Decides what a deployment does next: one machine after the other, and back again when one fails. Pure: what came of the last
 * command comes in, the next command goes out.
 */

export interface StepMachine {
  name: string;
  /** Whether there is something to deploy; a machine without is left alone. */
  changes: boolean;
  /** Whether there is a deployment that it can be brought back to. */
  hasPrevious: boolean;
  /** Whether an earlier run has left it in between. @default false */
  heals?: boolean;
}

/** `forward` brings the new program, `back` the one before. */
export type Way = "forward" | "back";

export type Command =
  /** Pause its agents and move the services that would be cut. */
  | { do: "prepare"; machine: string; way: Way }
  | { do: "up"; machine: string; way: Way }
  | { do: "verify"; machine: string; way: Way }
  /** Collect why it failed: the last lines of what is ill there. */
  | { do: "explain"; machine: string }
  /** End its pauses and bring its services home. */
  | { do: "settle"; machine: string; way: Way }
  | { do: "end"; end: End };

export type Event = { type: "done" } | { type: "failed"; why: string } | { type: "interrupted" };

export type End =
  | { outcome: "done" }
  /** Nothing was changed: `machine` could not be prepared. */
  | { outcome: "refused"; failure: Failure }
  /** All that was touched is as it was. */
  | { outcome: "rolled back"; failure: Failure }
  /** Some machine could not be brought back. */
  | { outcome: "failed"; failure: Failure; stuck: Failure[] }
  /** An operator has ended it; `halfway` is the machine that it left in between. */
  | { outcome: "interrupted"; halfway: string | undefined };

export interface Failure {
  machine: string;
  during: Exclude<Command["do"], "end">;
  why: string;
}

export interface Steps {
  readonly machines: readonly StepMachine[];
  readonly last: Command;
  /** Machines whose `up` has begun, in order. */
  readonly touched: readonly string[];
  readonly failure: Failure | undefined;
  /** Machines that are still to be brought back. */
  readonly toUndo: readonly string[];
  readonly stuck: readonly Failure[];
  /** Set once an operator has ended it: the machine is settled, then it is over. */
  readonly interrupted: { halfway: string | undefined } | undefined;
}

type Step = readonly [Steps, Command];

/** @param machines in the order in which they are to be deployed */
export function begin(machines: readonly StepMachine[]): Step {
  const start: Steps = {
    machines,
    last: { do: "end", end: { outcome: "done" } },
    touched: [],
    failure: undefined,
    toUndo: [],
    stuck: [],
    interrupted: undefined,
  };
  return forwardTo(0, start);
}

export function next(steps: Steps, event: Event): Step {
  const { last } = steps;
  if (last.do === "end") return [steps, last];
  if (event.type === "interrupted") return stop(steps, last);
  if (steps.interrupted !== undefined) return order(steps, endOf(steps));
  return last.do === "explain" || last.do === "settle"
    ? afterCare(steps, last)
    : last.way === "forward"
      ? afterForward(steps, last, event)
      : afterBack(steps, last, event);
}

type Deed = Extract<Command, { way: Way }>;

function afterForward(steps: Steps, last: Deed, event: Exclude<Event, { type: "interrupted" }>): Step {
  const { machine, way } = last;
  if (event.type === "failed") {
    const failed = {
      ...steps,
      failure: { machine, during: last.do, why: event.why },
      toUndo: steps.touched.toReversed(),
    };
    // What could not be prepared was not changed: there is nothing to explain and nothing to undo on it.
    return order(failed, last.do === "prepare" ? { do: "settle", machine, way } : { do: "explain", machine });
  }
  if (last.do === "prepare") return order(steps, { do: "up", machine, way });
  if (last.do === "up") return order(steps, { do: "verify", machine, way });
  return order(steps, { do: "settle", machine, way });
}

function afterBack(steps: Steps, last: Deed, event: Exclude<Event, { type: "interrupted" }>): Step {
  const { machine, way } = last;
  if (event.type === "failed" && last.do !== "prepare") {
    const stuck = [...steps.stuck, { machine, during: last.do, why: event.why }];
    return order({ ...steps, stuck }, { do: "settle", machine, way });
  }
  // A machine in between is worse than a service that is cut: it is brought back however its preparation went.
  if (last.do === "prepare") return order(steps, { do: "up", machine, way });
  if (last.do === "up") return order(steps, { do: "verify", machine, way });
  return order(steps, { do: "settle", machine, way });
}

function afterCare(steps: Steps, last: Extract<Command, { do: "explain" | "settle" }>): Step {
  if (last.do === "settle" && steps.failure === undefined) return forwardTo(indexOf(steps, last.machine) + 1, steps);
  return backTo(last.do === "settle" && last.way === "back" ? steps.toUndo.slice(1) : steps.toUndo, steps);
}

function forwardTo(index: number, steps: Steps): Step {
  const machine = steps.machines.slice(index).find(({ changes }) => changes);
  if (machine === undefined) return order(steps, endOf(steps));
  return order(steps, { do: "prepare", machine: machine.name, way: "forward" });
}

function backTo(toUndo: readonly string[], steps: Steps): Step {
  const [machine] = toUndo;
  const after = { ...steps, toUndo };
  if (machine === undefined) return order(after, endOf(after));
  if (!steps.machines[indexOf(steps, machine)]?.hasPrevious) {
    const stuck = { machine, during: "up" as const, why: "there is no deployment before this one to go back to" };
    return order({ ...after, stuck: [...steps.stuck, stuck] }, { do: "settle", machine, way: "back" });
  }
  // Its services are away already, or were cut; of the others they must be moved again.
  const isFirst = machine === steps.failure?.machine;
  return order(after, { do: isFirst ? "up" : "prepare", machine, way: "back" });
}

/** What was paused and moved is put right even then, once. */
function stop(steps: Steps, last: Exclude<Command, { do: "end" }>): Step {
  if (steps.interrupted !== undefined) return order(steps, endOf(steps));
  const halfway = isWhole(steps, last) ? undefined : last.machine;
  const after = { ...steps, interrupted: { halfway } };
  if (last.do === "settle") return order(after, endOf(after));
  return order(after, { do: "settle", machine: last.machine, way: "way" in last ? last.way : "forward" });
}

/** Before its `up` a machine is what it was, and after its verification what it was to be; all else is in between. */
function isWhole({ machines, failure }: Steps, last: Exclude<Command, { do: "end" }>): boolean {
  if (last.do === "explain" || last.way === "back") return false;
  const wasWhole = machines.every(({ name, heals }) => name !== last.machine || !heals);
  if (last.do === "settle") return failure === undefined || wasWhole;
  return last.do === "prepare" && wasWhole;
}

function endOf({ failure, stuck, touched, interrupted }: Steps): Command {
  if (interrupted !== undefined) return { do: "end", end: { outcome: "interrupted", ...interrupted } };
  if (failure === undefined) return { do: "end", end: { outcome: "done" } };
  if (touched.length === 0) return { do: "end", end: { outcome: "refused", failure } };
  if (stuck.length > 0) return { do: "end", end: { outcome: "failed", failure, stuck: [...stuck] } };
  return { do: "end", end: { outcome: "rolled back", failure } };
}

function order(steps: Steps, command: Command): Step {
  const begins = command.do === "up" && command.way === "forward";
  const touched = begins ? [...steps.touched, command.machine] : steps.touched;
  return [{ ...steps, touched, last: command }, command];
}

function indexOf({ machines }: Steps, name: string): number {
  return machines.findIndex((machine) => machine.name === name);
}
