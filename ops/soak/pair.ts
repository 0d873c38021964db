/** Finds the pair that is to be soaked, or starts one. */
import { join } from "node:path";
import { z } from "zod";
import type { Random } from "../chaos/random.ts";
import type { Scenario } from "../chaos/scenario.ts";
import { Stage } from "../chaos/stage.ts";
import { OperatorError } from "../error.ts";
import { machineNames } from "../local/site.ts";
import { askHub } from "../site/ask-hub.ts";
import { requirePushes } from "../site/push-token.ts";
import type { HubAddress } from "./hub-look.ts";
import { Proc } from "./proc.ts";
import { type OwnPair, type RunningTarget, trustHubsOf } from "./target.ts";

export interface SoakedPair {
  hubs: HubAddress[];
  /** Undefined where processes are on other computers, or this one does not tell of them. */
  proc: Proc | undefined;
  /** Of a pair that was started for this. */
  stage: Stage | undefined;
}

export interface StartOptions {
  target: OwnPair;
  /** Folder of the run. */
  dir: string;
  /** Those that are going to be played. */
  scenarios: readonly Scenario[];
  random: Random;
  say(line: string): void;
  /** Before its first process is started. */
  onStage(stage: Stage): void;
}

const Fleet = z.object({ machine: z.string() });

export async function startPair(options: StartOptions, signal: AbortSignal): Promise<SoakedPair> {
  const { target, dir, scenarios, random, say, onStage } = options;
  const stage = await Stage.set(
    {
      dir: join(dir, "pair"),
      portOffset: target.portOffset ?? undefined,
      agents: target.agents,
      random,
      links: scenarios.some(({ needs }) => needs === "links"),
      // A disk in memory would not outlive a reboot, which a soak does.
      disk: false,
      say,
      onStage,
    },
    signal,
  );
  const hubs = stage.machines.map(({ name, hubUrl }) => ({ name, hubUrl }));
  return { hubs, stage, proc: procOf(join(dir, "pair", "data")) };
}

/** @throws OperatorError when no hub answers, or one refuses the pushes of which the load is made */
export async function findPair(target: RunningTarget): Promise<SoakedPair> {
  const { hubUrls } = target;
  trustHubsOf(target);
  const places = target.kind === "local" ? machineNames : hubUrls.map((_, i) => `hub-${i + 1}`);
  const hubs = await Promise.all(hubUrls.map((hubUrl, i) => namedHub(hubUrl, places[i] ?? hubUrl)));
  if (hubs.every(({ answers }) => !answers)) {
    const next = "Start the pair (npm start), or name its hubs with --data, --dir or --hub; --own-pair starts one";
    throw new OperatorError("soak.no-pair", `no hub answers at ${hubUrls.join(" and ")}`, next);
  }
  await requirePushes(hubUrls, "soak_check");
  return {
    hubs: hubs.map(({ name, hubUrl }) => ({ name, hubUrl })),
    stage: undefined,
    proc: target.kind === "local" ? procOf(target.folder) : undefined,
  };
}

const procOf = (folder: string) => (Proc.available ? new Proc(folder, machineNames) : undefined);

/** By its own word, or by its place where it does not answer. */
async function namedHub(hubUrl: string, place: string) {
  const fleet = await askHub(`${hubUrl}/api/v1/fleet`, Fleet);
  return { name: fleet?.machine ?? place, hubUrl, answers: fleet !== undefined };
}
