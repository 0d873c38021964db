/** Carries out the commands of a deployment on one machine, and keeps its record there up to date. */
import { messageOf } from "../../hub/io/log.ts";
import { OperatorError } from "../error.ts";
import type { Progress } from "../terminal/progress.ts";
import { storeProgram, writeRecord } from "./archive.ts";
import { baselineOf } from "./baseline.ts";
import { type Care, moveAway, pause, settle } from "./care.ts";
import type { EngineStep } from "./changes.ts";
import { changesOf } from "./changes.ts";
import { beforeOf, type Deployment, type Outcome } from "./deployment.ts";
import type { DeployEngine } from "./engine.ts";
import { unpackVouched } from "./kept-program.ts";
import type { Owner } from "./lock.ts";
import { type LogTail, logsOf } from "./logs.ts";
import { watchCopies } from "./one-copy.ts";
import { removeOrphans } from "./orphans.ts";
import { hubsOf, type Place, placeIn } from "./place.ts";
import type { MachinePlan, Move } from "./plan.ts";
import type { Program } from "./program.ts";
import { renew } from "./renew.ts";
import { openNumbers } from "./rollback-targets.ts";
import type { Command, Event, Way } from "./steps.ts";
import type { Seen } from "./unmet.ts";
import { upUnlocked } from "./up-unlocked.ts";
import { see, verify } from "./verify.ts";
import type { WaysBack } from "./way-back.ts";

/** What one machine is to become. */
export interface Task {
  place: Place;
  /** The other machine of the pair, where it takes part. */
  peer: Place | undefined;
  plan: MachinePlan;
  /** Its deployments before this one. */
  kept: readonly Deployment[];
  /** How it was before. */
  before: Seen;
  /** Whether an earlier run has left it in between. */
  heals: boolean;
  /** Parts that the earlier run touched. */
  inherited: readonly string[];
  /** What that run has left. */
  unfinished: Deployment | undefined;
  /** URNs that alone may change; undefined when all may. */
  targets: readonly string[] | undefined;
  program: Program;
  /** The program as the archive keeps it. */
  archive: Buffer;
  record: Deployment;
}

/** What all machines of a deployment share. */
export interface Shared extends Pick<Progress, "say" | "step"> {
  engine: DeployEngine;
  waysBack: WaysBack;
  siteFolder: string;
  what: string;
  deadlineMs: number;
  holdMs?: number;
  allowOutage: boolean;
  /** Whether the pair must be sound before each machine. */
  mustBeSound: boolean;
  /** Of the locks. */
  owner: Pick<Owner, "id">;
  signal: AbortSignal;
  /** Machines that are verified, by name. */
  verified: Set<string>;
  logs: (LogTail & { machine: string })[];
  notes: string[];
}

const opWords: Readonly<Record<string, string>> = {
  create: "is made",
  "create-replacement": "the new one is made",
  "delete-replaced": "the old one is taken away",
  update: "is changed",
  delete: "is taken away",
};

export class MachineRun {
  readonly task: Task;
  readonly #shared: Shared;
  readonly #care: Care;
  #moves: readonly Move[];
  #beganMs = 0;
  #endWatch: (() => Promise<number | null>) | undefined;
  #back: Program | undefined;

  constructor(task: Task, shared: Shared) {
    this.task = task;
    this.#shared = shared;
    this.#moves = task.plan.moves;
    this.#care = { moved: [...task.record.moved], paused: [...task.record.paused] };
  }

  /** Never throws. */
  async carryOut(command: Exclude<Command, { do: "end" }>): Promise<Event> {
    try {
      const stopped = command.do === "prepare" && command.way === "forward" ? await this.#renew() : undefined;
      if (stopped !== undefined) return stopped;
      const why = await this.#deed(command);
      if (this.#shared.signal.aborted) return { type: "interrupted" };
      return why === undefined ? { type: "done" } : { type: "failed", why };
    } catch (error) {
      if (this.#shared.signal.aborted) return { type: "interrupted" };
      return { type: "failed", why: error instanceof OperatorError ? error.message : messageOf(error) };
    }
  }

  /** Writes down how it ended. */
  async close(outcome: Outcome, why: string): Promise<void> {
    await this.#endWatch?.();
    await this.#keep({ outcome, why }).catch((error: unknown) => {
      this.#shared.notes.push(`${this.task.place.name}: its record could not be written: ${messageOf(error)}`);
    });
  }

  /** @returns what keeps this machine from its turn */
  async #renew(): Promise<Event | undefined> {
    const { place } = this.task;
    const renewed = await renew(this.task, this.#shared);
    switch (renewed.kind) {
      case "go":
        this.#moves = renewed.moves;
        return undefined;
      case "refuse":
        return { type: "failed", why: renewed.why };
      case "stop":
        this.#shared.notes.push(`${place.name} was not begun: ${renewed.why}`);
        return { type: "interrupted" };
    }
  }

  async #deed(command: Exclude<Command, { do: "end" }>): Promise<string | undefined> {
    switch (command.do) {
      case "prepare":
        return await this.#prepare(command.way);
      case "up":
        return await this.#up(command.way);
      case "verify":
        return await this.#verify(command.way);
      case "explain":
        return await this.#explain();
      case "settle":
        return await this.#settle(command.way);
    }
  }

  async #prepare(way: Way): Promise<string | undefined> {
    const { place, plan, archive, record, heals } = this.task;
    const { what, allowOutage, say } = this.#shared;
    if (way === "forward") {
      await storeProgram(place, record.number, archive);
      await this.#keep({});
    }
    const stays = await moveAway(this.#moves, this.#care, this.#careOptions);
    // What is half-way already is not made better by waiting.
    if (stays !== undefined && !allowOutage && !heals && way === "forward") return stays;
    if (stays !== undefined) say(`${place.name}: ${stays}; it is cut`);
    await pause(plan.pauses, `tandem ${what}`, this.#care, this.#careOptions);
    return undefined;
  }

  async #up(way: Way): Promise<undefined> {
    const { place, peer, heals, record, targets } = this.task;
    const { engine, signal, say, step } = this.#shared;
    const program = await this.#programOf(way);
    const doing = { engine, program, say };
    // What has failed may have made what no state knows of.
    const since = this.task.unfinished?.number ?? record.number;
    if (way === "back") await removeOrphans(place, since, "all", doing);
    else if (heals) await this.#takeOver(doing);
    if (way === "forward") this.#beganMs = performance.now();
    const peerHub = peer && hubsOf(peer)[0];
    if (way === "forward" && peerHub !== undefined) this.#endWatch = watchCopies(peerHub, place.name);
    const earlier = way === "back" ? ` of deployment ${beforeOf(record.number, this.task.kept)?.number}` : "";
    const onStep = (one: EngineStep, isDone: boolean) => this.#tell(one, isDone);
    const only = way === "forward" && targets !== undefined ? { targets } : {};
    const running = { signal, refresh: heals || way === "back", ...only, onStep };
    await step({
      title: `${place.name}: up${earlier}`,
      work: () => upUnlocked(engine, program, place.stack.name, running, say),
    });
    if (way === "forward" && heals) await removeOrphans(place, since, "all", doing);
    return undefined;
  }

  /** Makes room for what a run that was cut off has begun. */
  async #takeOver(doing: { engine: DeployEngine; program: Program; say(line: string): void }): Promise<void> {
    const { place, unfinished, kept } = this.task;
    if (unfinished === undefined) return;
    // A run that was to finish an earlier one may never have begun.
    await removeOrphans(place, Math.min(...openNumbers(kept)), "replaceable", doing);
    if (unfinished.outcome === "under way")
      await writeRecord(place, { ...unfinished, outcome: "interrupted", why: "it was cut off" });
  }

  async #verify(way: Way): Promise<string | undefined> {
    const { peer, plan, before, inherited, record } = this.task;
    const { deadlineMs, holdMs, signal, verified, step } = this.#shared;
    const limits = { deadlineMs, signal, ...(holdMs === undefined ? {} : { holdMs }) };
    const place = placeIn((await this.#programOf(way)).folder, this.task.place);
    const peerAnswered = before.looks[1]?.fleet !== undefined;
    const pairWide = peer !== undefined && (peerAnswered || verified.has(peer.name));
    const isSatellite = place.pair === undefined;
    // Going back, what was made is gone again, and what the failed up never came to has not begun anew.
    const [touched, fresh] = way === "forward" ? [plan.touched, plan.fresh] : [plan.replaced, []];
    const wanted = { machine: place.name, isSatellite, pairWide, touched, inherited, changed: record.touched, fresh };
    const soundness = { ...wanted, before: record.before ?? baselineOf(before, place.name) };
    const unmet = await step({
      title: `${place.name}: verifying`,
      work: () => verify(place, soundness, limits),
      isWell: ({ length }) => length === 0,
    });
    if (unmet.length > 0) return unmet.join("\n");
    if (way === "back") return undefined;
    verified.add(place.name);
    const oneCopyMs = (await this.#endWatch?.()) ?? null;
    this.#endWatch = undefined;
    const images = Object.fromEntries(((await see(place)).containers ?? []).map(({ name, image }) => [name, image]));
    await this.#keepOrSay({ tookMs: Math.round(performance.now() - this.#beganMs), oneCopyMs, images });
    return undefined;
  }

  async #explain(): Promise<undefined> {
    const { place } = this.task;
    const tails = await logsOf(place, await see(place));
    this.#shared.logs.push(...tails.map((tail) => ({ machine: place.name, ...tail })));
    return undefined;
  }

  async #settle(way: Way): Promise<undefined> {
    const notes = await settle(this.#care, this.#careOptions);
    this.#shared.notes.push(...notes);
    const { place } = this.task;
    if (way === "forward" && this.#shared.verified.has(place.name)) await this.#keepOrSay({ outcome: "done" });
    return undefined;
  }

  #programOf(way: Way): Promise<Program> {
    return way === "forward" ? Promise.resolve(this.task.program) : this.#previousProgram();
  }

  async #previousProgram(): Promise<Program> {
    if (this.#back !== undefined) return this.#back;
    const { place, record } = this.task;
    const way = this.#shared.waysBack.get(place.name);
    if (way === undefined) throw new RangeError(`${place.name} has no deployment before ${record.number}`);
    if ("refused" in way) throw withNext(way.refused);
    this.#back = await unpackVouched(place, way.number, way.archive, this.#shared);
    return this.#back;
  }

  #tell(step: EngineStep, isDone: boolean): void {
    const { name } = this.task.place;
    const [container] = changesOf([step], name).containers;
    if (container === undefined || step.op === "replace") return;
    this.#shared.say(`${name}: ${container.part}: ${opWords[step.op] ?? step.op}${isDone ? ", done" : ""}`);
  }

  get #careOptions() {
    const { place, peer } = this.task;
    const { step, say } = this.#shared;
    return { place, peer, step, say, keep: (care: Care) => this.#keep(care) };
  }

  /** What is well must not be rolled back for its record: the end writes it again. */
  async #keepOrSay(change: Partial<Deployment>): Promise<void> {
    await this.#keep(change).catch((error: unknown) => {
      const { place } = this.task;
      this.#shared.say(
        `${place.name}: its record could not be written and is tried again at the end: ${messageOf(error)}`,
      );
    });
  }

  async #keep(change: Partial<Deployment>): Promise<void> {
    Object.assign(this.task.record, { moved: this.#care.moved, paused: this.#care.paused }, change);
    await writeRecord(this.task.place, this.task.record);
  }
}

/** What is written down of a machine that was not brought back is its reason alone: it must say how to go on. */
function withNext(error: OperatorError): OperatorError {
  return new OperatorError(error.code, error.toText(), error.next);
}
