/** Runs a program of a stack on Pulumi's engine through the Automation API, and tells what the engine means to do and does. */
import {
  type EngineEvent,
  LocalWorkspace,
  type PreviewOptions,
  type Stack,
  type UpOptions,
} from "@pulumi/pulumi/automation/index.js";
import { z } from "zod";
import { types } from "../../components/policy/declared.ts";
import { OperatorError } from "../error.ts";
import { lastLines } from "../last-lines.ts";
import type { EngineStep } from "./changes.ts";
import { EngineCommand, EngineError } from "./engine-command.ts";
import type { Program } from "./program.ts";

/** One resource after the other would be slow, and sshd turns away too many connections at once. */
const parallel = 4;

export interface Running {
  signal: AbortSignal;
  /** Whether what is on the machine is to be looked at first, since an earlier run may have left it in between. */
  refresh: boolean;
}

export interface UpRunning extends Running {
  /** URNs of the resources that alone may change, `**` for any characters. @default all */
  targets?: readonly string[];
  /** Told of each resource that is begun or finished. */
  onStep(step: EngineStep, isDone: boolean): void;
}

/** The state of a container as the engine remembers it. */
const State = z.object({
  resources: z
    .array(z.object({ type: z.string(), id: z.string().optional() }))
    .optional()
    .transform((list) => list ?? []),
});

/** What a deployment asks of an engine. */
export type DeployEngine = Pick<Engine, "preview" | "up" | "cancel" | "containerIds" | "kill">;

export class Engine {
  readonly #command: EngineCommand;

  private constructor(command: EngineCommand) {
    this.#command = command;
  }

  /** @param runId of this run, by which a later one finds what is left of it */
  static async start(runId: string): Promise<Engine> {
    return new Engine(await EngineCommand.find(runId));
  }

  /** Ends what runs, at once. */
  kill(): void {
    this.#command.kill();
  }

  /** @returns what an `up` would do */
  async preview(program: Program, stack: string, { signal, refresh }: Running): Promise<EngineStep[]> {
    const steps: EngineStep[] = [];
    const problems: string[] = [];
    const chosen = await this.#select(program, stack);
    const onEvent = (event: EngineEvent) => {
      const step = stepOf(event);
      if (step !== undefined) steps.push(step);
      problems.push(...problemsOf(event));
    };
    const options = {
      parallel,
      color: "never",
      signal,
      onEvent,
      ...refreshing(refresh),
    } as const satisfies PreviewOptions;
    await failing(chosen.preview(options), `preview of ${stack}`, problems);
    return steps;
  }

  /** @throws OperatorError with the engine's own words */
  async up(program: Program, stack: string, { signal, refresh, targets, onStep }: UpRunning): Promise<void> {
    const problems: string[] = [];
    const chosen = await this.#select(program, stack);
    const onEvent = (event: EngineEvent) => {
      const step = stepOf(event);
      if (step !== undefined) onStep(step, event.resOutputsEvent !== undefined);
      problems.push(...problemsOf(event));
    };
    const options = {
      parallel,
      color: "never",
      signal,
      onEvent,
      ...(targets === undefined ? {} : { target: [...targets] }),
      ...refreshing(refresh),
    } as const satisfies UpOptions;
    await failing(chosen.up(options), `up of ${stack}`, problems);
  }

  /** Frees the stack from an update that has died. */
  async cancel(program: Program, stack: string): Promise<void> {
    const chosen = await this.#select(program, stack);
    await failing(chosen.cancel(), `cancel of ${stack}`, []);
  }

  /** Ids of the containers that the stack's state knows. */
  async containerIds(program: Program, stack: string): Promise<Set<string>> {
    const chosen = await this.#select(program, stack);
    const { deployment } = await failing(chosen.exportStack(), `export of ${stack}`, []);
    const { resources } = State.parse(deployment ?? {});
    return new Set(resources.filter(({ type }) => type === types.container).flatMap(({ id }) => id ?? []));
  }

  async #select({ folder }: Program, stack: string): Promise<Stack> {
    const options = { pulumiCommand: this.#command };
    return await failing(
      LocalWorkspace.selectStack({ stackName: stack, workDir: folder }, options),
      `stack ${stack}`,
      [],
    );
  }
}

const refreshing = (refresh: boolean) => (refresh ? { refresh: true, runProgram: true } : {});

function stepOf(event: EngineEvent): EngineStep | undefined {
  const metadata = event.resourcePreEvent?.metadata ?? event.resOutputsEvent?.metadata;
  if (metadata === undefined) return undefined;
  const { op, urn, type, diffs, old, new: created } = metadata;
  return { op, urn, type, diffs: diffs ?? [], oldInputs: old?.inputs ?? {}, newInputs: created?.inputs ?? {} };
}

/** Errors, in the engine's own words and without its prefix. */
function problemsOf({ diagnosticEvent }: EngineEvent): string[] {
  if (diagnosticEvent?.severity !== "error") return [];
  const text = diagnosticEvent.message
    .trim()
    .replace(/^sdk-v2\/\S+ sdk\.\S+ /, "")
    .replace(/: provider=\S+$/, "");
  // What only says that something failed stands below what did.
  return text === "" || text === "update failed" || text === "preview failed" ? [] : [text];
}

async function failing<T>(work: Promise<T>, what: string, problems: string[]): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    const said =
      problems.length > 0 ? problems.join("\n") : lastLines(error.stderr || error.stdout).replace(/^error: /, "");
    const all = `${said}\n${error.stderr}`;
    if (lockedPattern.test(all))
      throw new OperatorError("deploy.stack-locked", `${what}: ${holdersIn(all)}`, nextFor(all));
    throw new OperatorError("deploy.engine", `${what}: ${said}`, nextFor(all));
  }
}

const lockedPattern = /currently locked|another update/i;

/** The lock's own words, of which each holder has a line. */
function holdersIn(text: string): string {
  const lines = text.split("\n").map((line) => line.trim());
  return [...new Set(lines.filter((line) => lockedPattern.test(line) || /created by \S+@\S+ \(pid/.test(line)))].join(
    "\n",
  );
}

function nextFor(said: string): string {
  if (/passphrase/i.test(said))
    return "Put the stacks' passphrase into PULUMI_CONFIG_PASSPHRASE_FILE, a file of mode 0600";
  if (/no stack named/i.test(said))
    return "Log in to the backend that holds the stack (pulumi login), or make it: tandem init";
  if (lockedPattern.test(said))
    return "Somebody runs pulumi on this stack: wait for that one. When it is certain that nobody does: pulumi cancel -s STACK";
  return "Correct what it names and run this again";
}
