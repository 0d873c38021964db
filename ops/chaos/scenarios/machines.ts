/** Faults of whole machines: power loss, standstill, a cold start, and an owner of services that comes back late. */
import { setTimeout as pause } from "node:timers/promises";
import { type Deed, type Scenario, sees } from "../scenario.ts";
import type { Stage } from "../stage.ts";

/** How long is waited for services to move before the old owner comes back anyway, ms. */
const takeoverDeadlineMs = 20_000;
/** Between a takeover and the return of the old owner, ms. */
const afterTakeoverMs = 1_000;
const pollMs = 50;
const coldMs = 3_000;

export const machineScenarios: Scenario[] = [
  {
    name: "machine-crash",
    explains: "kills all processes of one machine at once, as a power loss does, and starts them after the hold",
    perMonth: 1,
    deed: (stage, random, { holdMs }) => machineCrash(stage, random.pick(stage.machines).name, holdMs),
  },
  {
    name: "machine-hang",
    explains: "stops all processes of one machine (SIGSTOP), agents included, and lets them go on after the hold",
    perMonth: 0.5,
    deed: (stage, random, { holdMs }) => machineHang(stage, random.pick(stage.machines).name, holdMs),
  },
  {
    name: "both-cold",
    explains: "kills all processes of both machines, as a power cut of the house does, and starts all at once",
    perMonth: 0.5,
    deed: (stage) => {
      const names = stage.machines.map(({ name }) => name);
      return {
        says: `kills all processes of both machines; they are started after ${coldMs / 1_000} s`,
        holds: names,
        expects: [],
        mayDie: names,
        holdMs: coldMs,
        begin: async () => void (await Promise.all(names.map((name) => stage.crashMachine(name)))),
        undo: async () => void (await Promise.all(names.map((name) => stage.reviveAll(name)))),
      };
    },
  },
  {
    name: "owner-thaw",
    explains: "stops the machine that owns services until the other has taken them, then lets the stale owner go on",
    perMonth: 0.5,
    unable: unmoving,
    deed: (stage, random, { holdMs }) => lateReturn(stage, machineHang(stage, random.pick(ownersOf(stage)), holdMs)),
  },
  {
    name: "owner-reboot",
    explains:
      "crashes the machine that owns services until the other has taken them, then starts the stale owner (`up`)",
    perMonth: 0.5,
    unable: unmoving,
    deed: (stage, random, { holdMs }) => lateReturn(stage, machineCrash(stage, random.pick(ownersOf(stage)), holdMs)),
  },
  {
    name: "witness-gone",
    explains: "kills the witness: nothing moves for it, everything else goes on",
    perMonth: 1,
    unable: (stage) => (witnessOf(stage).length === 0 ? "this pair has no witness" : ""),
    deed: (stage, _, { holdMs }) => {
      const witness = witnessOf(stage);
      return {
        says: `kills the witness for ${holdMs / 1_000} s`,
        holds: ["witness"],
        expects: [],
        mayDie: [],
        holdMs,
        begin: async () => void (await Promise.all(witness.map((child) => child.crash()))),
        undo: () => stage.revive(witness),
      };
    },
  },
];

function machineCrash(stage: Stage, machine: string, holdMs: number): Deed {
  return {
    ...silenced(stage, machine, holdMs),
    says: `kills all processes of ${machine} for ${holdMs / 1_000} s`,
    begin: async () => void (await stage.crashMachine(machine)),
    undo: () => stage.reviveAll(machine),
  };
}

function machineHang(stage: Stage, machine: string, holdMs: number): Deed {
  return {
    ...silenced(stage, machine, holdMs),
    says: `stops all processes of ${machine} for ${holdMs / 1_000} s`,
    begin: () => void stage.signalMachine(machine, "SIGSTOP"),
    undo: async () => {
      stage.signalMachine(machine, "SIGCONT");
      await stage.reviveAll(machine);
    },
  };
}

const silenced = (stage: Stage, machine: string, holdMs: number) => ({
  holds: [machine],
  expects: [sees(stage.peerOf(machine).name, machine, "dead")],
  mayDie: [machine],
  holdMs,
});

/** The same, but it stands until the peer owns what moves, and a moment longer. */
function lateReturn(stage: Stage, deed: Deed): Deed {
  return {
    ...deed,
    says: `${deed.says}, or until the other machine owns what moves`,
    lasts: async (signal) => {
      const endMs = performance.now() + takeoverDeadlineMs;
      const [gone] = deed.holds;
      while (!signal.aborted && performance.now() < endMs) {
        const services = await stage.services();
        // Those of mode `notify` stay with their home, whatever happens.
        const left = services?.filter(({ owner, mode }) => owner === gone && mode !== "notify");
        if (left?.length === 0) break;
        await pause(pollMs);
      }
      await pause(afterTakeoverMs);
    },
  };
}

async function unmoving(stage: Stage): Promise<string> {
  const services = await stage.services();
  return services === undefined || services.length === 0 ? "the hubs know no services that move" : "";
}

/** Homes of what moves; while all is well, their owners. */
const ownersOf = ({ site }: Stage) =>
  site.fleet.agents.flatMap(({ machine, standby, mode }) =>
    standby === undefined || mode === "notify" ? [] : machine,
  );

const witnessOf = (stage: Stage) =>
  stage.others().filter(({ spec }) => /witness/i.test(`${spec.machine} ${spec.name}`));
