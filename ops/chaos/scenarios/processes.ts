/** Faults of single processes: they crash, they hang, they come and go. */
import { setTimeout as pause } from "node:timers/promises";
import type { Child } from "../../local/child.ts";
import { signal as sendSignal } from "../../local/processes.ts";
import type { Random } from "../random.ts";
import { type Deed, type Scenario, sees, type Times } from "../scenario.ts";
import type { Stage } from "../stage.ts";

/** Name of the process in the local run, and of the part that the hubs judge. */
const parts = {
  hub: { child: "hub", what: "the hub" },
  nats: { child: "NATS", what: "NATS" },
  pushgateway: { child: "Pushgateway", what: "the Pushgateway" },
} as const;
type Part = keyof typeof parts;

const pilotPrefix = "pilot-";
const stormTimes = 6;
/** Between two ends of a process that is started again each time, ms: sometimes before it is ready, sometimes after. */
const shortestLifeMs = 100;
const longestLifeMs = 1_500;

export const processScenarios: Scenario[] = [
  agentScenario("agent-crash", "kills one agent (SIGKILL) and starts it again after the hold", 20, crash),
  agentScenario("agent-hang", "stops one agent (SIGSTOP): its ports accept, nothing answers", 8, hang),
  partScenario("hub-crash", "hub", "kills one machine's hub (SIGKILL) and starts it again after the hold", 4, crash),
  partScenario("hub-hang", "hub", "stops one machine's hub (SIGSTOP) and lets it go on after the hold", 2, hang),
  partScenario("nats-crash", "nats", "kills one machine's NATS: its hub writes to its spool meanwhile", 2, crash),
  partScenario("nats-hang", "nats", "stops one machine's NATS: its connections stand, nothing answers", 1, hang),
  partScenario("pushgateway-crash", "pushgateway", "kills one Pushgateway: its hub fills it again", 2, crash),
  {
    name: "restart-storm",
    explains: `kills one machine's hub ${stormTimes} times, each time soon after it was started, ready or not`,
    perMonth: 0.5,
    deed: (stage, random) => {
      const machine = pickMachine(stage, random);
      const children = stage.children(machine, "hub");
      return {
        says: `kills the hub of ${machine} ${stormTimes} times, with ${shortestLifeMs} to ${longestLifeMs} ms between`,
        holds: labels(children),
        expects: [],
        mayDie: [`${machine}/hub`],
        holdMs: 0,
        begin: async (signal) => {
          for (let i = 0; i < stormTimes && !signal.aborted; i++) {
            await crash(children);
            for (const child of children) child.revive();
            await pause(random.between(shortestLifeMs, longestLifeMs));
          }
        },
        undo: () => stage.revive(children),
      };
    },
  },
];

type Way = (children: readonly Child[]) => Promise<void> | void;

async function crash(children: readonly Child[]): Promise<void> {
  await Promise.all(children.map((child) => child.crash()));
}

function hang(children: readonly Child[]): void {
  for (const { pid } of children) if (pid !== undefined) sendSignal(pid, "SIGSTOP");
}

function verbOf(does: Way): string {
  return does === crash ? "kills" : "stops";
}

function partScenario(name: string, part: Part, explains: string, perMonth: number, does: Way): Scenario {
  const { child, what } = parts[part];
  return {
    name,
    explains,
    perMonth,
    deed: (stage, random, times) => {
      const machine = pickMachine(stage, random);
      const peer = stage.peerOf(machine).name;
      return {
        ...processDeed(stage, stage.children(machine, child), does, times),
        says: `${verbOf(does)} ${what} of ${machine} for ${times.holdMs / 1_000} s`,
        expects: [sees(peer, `${machine}/${part}`, "dead")],
        mayDie: [`${machine}/${part}`],
      };
    },
  };
}

function agentScenario(name: string, explains: string, perMonth: number, does: Way): Scenario {
  return {
    name,
    explains,
    perMonth,
    unable: (stage) => (agentsOf(stage).length === 0 ? "no agent runs as a process of its own (--agents pilots)" : ""),
    deed: (stage, random, times) => {
      const agent = random.pick(agentsOf(stage));
      const { machine } = agent.spec;
      const id = `${machine}/${agent.spec.name.slice(pilotPrefix.length)}`;
      const fits = (by: string) => ({
        what: `${by} sees ${id} unhealthy`,
        fits: (turn: { by: string; of: string; to: string }) =>
          turn.by === by && turn.of === id && turn.to !== "healthy",
      });
      return {
        ...processDeed(stage, [agent], does, times),
        says: `${verbOf(does)} the agent ${id} for ${times.holdMs / 1_000} s`,
        expects: [fits(machine), fits(stage.peerOf(machine).name)],
        mayDie: [],
      };
    },
  };
}

/** Agents that are processes of their own, where they are at home. */
function agentsOf(stage: Stage): Child[] {
  const homes = new Set(stage.site.fleet.agents.map(({ machine, name }) => `${machine} ${pilotPrefix}${name}`));
  return stage.machines
    .flatMap(({ name }) => stage.children(name))
    .filter(({ spec }) => homes.has(`${spec.machine} ${spec.name}`));
}

type ProcessDeed = Pick<Deed, "holds" | "begin" | "holdMs" | "undo">;

function processDeed(stage: Stage, children: Child[], does: Way, { holdMs }: Times): ProcessDeed {
  return {
    holds: labels(children),
    begin: () => does(children),
    holdMs,
    undo: async () => {
      for (const { pid } of children) if (pid !== undefined) sendSignal(pid, "SIGCONT");
      await stage.revive(children);
    },
  };
}

const labels = (children: readonly Child[]) => children.map(({ label }) => label);
const pickMachine = (stage: Stage, random: Random) => random.pick(stage.machines).name;
