/** What an operator asked for on the command line, checked before anything is written: an option that would do nothing is refused. */
import type { Command } from "commander";
import type { Scenario } from "../chaos/scenario.ts";
import { chooseScenarios } from "../chaos/scenarios/all.ts";
import { OperatorError } from "../error.ts";
import type { AgentChoice } from "../local/site.ts";
import { parseBars } from "./bars.ts";
import type { Asked } from "./settings.ts";
import { findTarget, type Target } from "./target.ts";

export interface SoakOptions {
  hours: number;
  minutes?: number;
  out?: string;
  resume?: string;
  ownPair: boolean;
  agents: AgentChoice;
  portOffset?: number;
  hub?: string[];
  data?: string;
  stack: string[];
  dir: string;
  chaos: number;
  scenario: string[];
  holdSeconds: number;
  seed?: number;
  pushesPerSecond: number;
  checkpointMinutes: number;
  bar: string[];
  json: boolean;
}

/** Long names of the options that were given by hand. @example {"--hours"} */
export function givenOptions(command: Command): Set<string> {
  const given = command.options.filter((option) => command.getOptionValueSource(option.attributeName()) === "cli");
  return new Set(given.flatMap(({ long }) => long ?? []));
}

/** @throws OperatorError that names those that would do nothing */
export function requireEffect(given: ReadonlySet<string>, { ownPair, chaos }: SoakOptions): void {
  const refuse = (names: readonly string[], where: string) => {
    const idle = names.filter((name) => given.has(name));
    if (idle.length === 0) return;
    throw new OperatorError(
      "soak.option",
      `${idle.join(" and ")} would do nothing ${where}`,
      `Leave ${idle.join(", ")} out`,
    );
  };
  if (given.has("--resume")) {
    const others = [...given].filter((name) => name !== "--resume" && name !== "--json");
    refuse(others, "with --resume: a run goes on as it was asked for");
  }
  if (ownPair) refuse(["--hub", "--data", "--stack", "--dir"], "with --own-pair");
  else refuse(["--agents", "--port-offset"], "without --own-pair");
  if (chaos === 0) refuse(["--scenario", "--hold-seconds", "--seed"], "without --chaos");
  if (given.has("--minutes")) refuse(["--hours"], "beside --minutes");
  if (given.has("--hub")) refuse(["--data"], "beside --hub");
  if (given.has("--data")) refuse(["--stack", "--dir"], "beside --data");
}

/** @throws OperatorError for faults on a pair that others use, or when none of those named can be played */
export function askedOf(options: SoakOptions, given: ReadonlySet<string>): Asked {
  const { hours, minutes, chaos, scenario, holdSeconds, pushesPerSecond, checkpointMinutes, bar } = options;
  if (chaos > 0 && !options.ownPair) {
    const next = "Add --own-pair, or leave --chaos out; on two machines break things by hand while the soak watches";
    throw new OperatorError(
      "soak.chaos",
      "--chaos kills processes and cuts links, which it only does to a pair of its own",
      next,
    );
  }
  if (scenariosOf(scenario).length === 0) {
    const next = "Name others, as tandem chaos --list has them";
    throw new OperatorError("soak.scenario", `a soak cannot play ${scenario.join(", ")}: ${withoutDisk}`, next);
  }
  return {
    hours: minutes === undefined ? hours : minutes / 60,
    target: targetOf(options, given),
    pushesPerSecond,
    checkpointMinutes,
    chaos,
    scenarios: scenario,
    holdSeconds,
    bars: parseBars(bar),
  };
}

export const withoutDisk = "a disk in memory would not outlive a reboot, which a soak does";

/** Those that a soak can play. @throws OperatorError for a name that is none */
export const scenariosOf = (names: readonly string[]): Scenario[] =>
  chooseScenarios(names).filter(({ needs }) => needs !== "disk");

/** Stacks that were named are meant, also while a local run stands. */
function targetOf(options: SoakOptions, given: ReadonlySet<string>): Target {
  const { ownPair, agents, portOffset, hub, data, stack, dir } = options;
  if (ownPair) return { kind: "own-pair", agents, portOffset: portOffset ?? null };
  return findTarget({
    ...(hub !== undefined && { hub }),
    ...(data !== undefined && { data }),
    stack,
    dir,
    stacksOnly: given.has("--stack") || given.has("--dir"),
  });
}
