/** Finds the pair that is to be soaked, or starts one. */
import { join } from "node:path";
import { z } from "zod";
import type { Random } from "../chaos/random.ts";
import type { Scenario } from "../chaos/scenario.ts";
import { Stage } from "../chaos/stage.ts";
import { OperatorError } from "../error.ts";
import { hubUrls, localRun } from "../ledger/hubs.ts";
import { machineNames } from "../local/site.ts";
import { askHub } from "../site/ask-hub.ts";
import type { HubAddress } from "./hub-look.ts";
import { Proc } from "./proc.ts";
import type { Target } from "./settings.ts";

export interface SoakedPair {
  hubs: HubAddress[];
  /** Undefined where processes are on other computers, or this one does not tell of them. */
  proc: Proc | undefined;
  /** Of a pair that was started for this. */
  stage: Stage | undefined;
}

export interface OpenOptions {
  target: Target;
  /** Folder of the run. */
  dir: string;
  /** Those that are going to be played. */
  scenarios: readonly Scenario[];
  random: Random;
  say(line: string): void;
}

const Fleet = z.object({ machine: z.string() });

export async function openPair(options: OpenOptions, signal: AbortSignal): Promise<SoakedPair> {
  const { target } = options;
  return target.kind === "own-pair" ? await startPair(options, target, signal) : await findPair(target);
}

async function startPair(
  { dir, scenarios, random, say }: OpenOptions,
  { agents, portOffset }: Extract<Target, { kind: "own-pair" }>,
  signal: AbortSignal,
): Promise<SoakedPair> {
  const stage = await Stage.set(
    {
      dir: join(dir, "pair"),
      portOffset: portOffset ?? undefined,
      agents,
      random,
      links: scenarios.some(({ needs }) => needs === "links"),
      // A disk in memory would not outlive a reboot, which a soak does.
      disk: false,
      say,
    },
    signal,
  );
  const hubs = stage.machines.map(({ name, hubUrl }) => ({ name, hubUrl }));
  const folder = join(dir, "pair", "data");
  return {
    hubs,
    stage,
    proc: Proc.available
      ? new Proc(
          folder,
          hubs.map(({ name }) => name),
        )
      : undefined,
  };
}

async function findPair({ hub, data, stack, dir }: Extract<Target, { kind: "running" }>): Promise<SoakedPair> {
  const asked = { ...(hub === null ? {} : { hub }), ...(data === null ? {} : { data }), stack, dir };
  const urls = hubUrls(asked);
  const folder = localRun(asked);
  const hubs = await Promise.all(urls.map((hubUrl, i) => namedHub(hubUrl, folder === undefined ? i : machineNames[i])));
  if (hubs.every(({ answers }) => !answers)) {
    const next = "Start the pair (npm start), or name its hubs with --data, --dir or --hub; --own-pair starts one";
    throw new OperatorError("soak.no-pair", `no hub answers at ${urls.join(" and ")}`, next);
  }
  return {
    hubs: hubs.map(({ name, hubUrl }) => ({ name, hubUrl })),
    stage: undefined,
    proc: folder !== undefined && Proc.available ? new Proc(folder, machineNames) : undefined,
  };
}

/** By its own word, or by its place where it does not answer. */
async function namedHub(hubUrl: string, place: string | number | undefined) {
  const fleet = await askHub(`${hubUrl}/api/v1/fleet`, Fleet);
  const name = fleet?.machine ?? (typeof place === "string" ? place : `hub-${(place ?? 0) + 1}`);
  return { name, hubUrl, answers: fleet !== undefined };
}
