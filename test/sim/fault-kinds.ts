/** What can break in the simulated world, and how each of it ends. */
import type { Side } from "./hub-node.ts";
import { gatewayName } from "./judge.ts";
import type { ProcessName } from "./machine.ts";
import type { Pair } from "./pair.ts";
import { services } from "./services.ts";
import { witnessName } from "./witness.ts";

export interface Fault {
  /** Two faults of one subject never overlap. */
  subject: string;
  text: string;
  begin(): void;
  /** Harmless when all was healed meanwhile. */
  end(): void;
}

/** Makes a fault on one of the sides, or on none in particular; undefined when it would break a promise of the operator. */
export type FaultKind = (pair: Pair, side: Side) => Fault | undefined;

const serviceOf = (pair: Pair) => pair.world.random.pick(services).name;

function crash(name: ProcessName): FaultKind {
  return (_pair, { machine }) => ({
    subject: `${machine.name}/${name}`,
    text: `${machine.name}/${name} crashes`,
    begin: () => machine.kill(name),
    end: () => machine.start(name),
  });
}

const stopHub: FaultKind = (_pair, { machine }) => ({
  subject: `${machine.name}/hub`,
  text: `${machine.name}/hub stands still`,
  begin: () => machine.processes.hub.stop(),
  end: () => {
    if (!machine.isStopped) machine.processes.hub.resume();
  },
});

const stopMachine: FaultKind = (_pair, { machine }) => ({
  subject: machine.name,
  text: `all of ${machine.name} stands still`,
  begin: () => machine.stop(),
  end: () => machine.resume(),
});

const reboot: FaultKind = (_pair, { machine }) => ({
  subject: machine.name,
  text: `${machine.name} loses power`,
  begin: () => machine.losePower(),
  end: () => machine.boot(),
});

const bothOff: FaultKind = (pair) => ({
  subject: "both machines",
  text: "both machines lose power",
  begin: () => {
    for (const { machine } of pair.sides) machine.losePower();
  },
  end: () => {
    for (const { machine } of pair.sides) machine.boot();
  },
});

/**
 * Only while both hubs say that each has what the other holds, and not where the witness was lost before: two that lost their
 * memory are beyond the promise.
 */
const loseDisk: FaultKind = (pair, { machine }) => {
  const isSafe = pair.sides.every(({ hub }) => hub?.records.isInSync && hub.records.isRefilled);
  if (!isSafe || pair.witness.losses > 0) return undefined;
  return {
    subject: machine.name,
    text: `${machine.name} loses its disk`,
    begin: () => machine.loseDisk(),
    end: () => machine.boot(),
  };
};

const fillDisk: FaultKind = (_pair, { machine }) => ({
  subject: `${machine.name}/disk`,
  text: `the disk of ${machine.name} is full`,
  begin: () => {
    machine.disk.isFull = true;
  },
  end: () => {
    machine.disk.isFull = false;
  },
});

const slowDisk: FaultKind = (pair, { machine }) => ({
  subject: `${machine.name}/disk`,
  text: `the disk of ${machine.name} is slow`,
  begin: () => {
    machine.disk.syncMs = pair.world.random.between(50, 2_000);
  },
  end: () => {
    machine.disk.syncMs = 2;
  },
});

/** @param ways directions that are cut, by name of machine or of what lies outside */
function cut(pair: Pair, subject: string, text: string, ways: readonly [string, string][]): Fault {
  return {
    subject,
    text,
    begin: () => {
      for (const [from, to] of ways) pair.network.cut(from, to);
    },
    end: () => {
      for (const [from, to] of ways) pair.network.uncut(from, to);
    },
  };
}

const partition: FaultKind = (pair) => {
  const [a, b] = pair.sides.map(({ machine }) => machine.name) as [string, string];
  return cut(pair, "link", `nothing passes between ${a} and ${b}`, [
    [a, b],
    [b, a],
  ]);
};

const oneWay: FaultKind = (pair, { machine }) => {
  const from = machine.name;
  const to = pair.other(pair.side(from)).machine.name;
  return cut(pair, "link", `nothing passes from ${from} to ${to}`, [[from, to]]);
};

const isolate: FaultKind = (pair, { machine }) => {
  const self = machine.name;
  const others = [pair.other(pair.side(self)).machine.name, gatewayName, witnessName];
  const ways = others.flatMap((other): [string, string][] => [
    [self, other],
    [other, self],
  ]);
  return cut(pair, "link", `${self} is cut off from everything`, ways);
};

const cutWitness: FaultKind = (pair, { machine }) =>
  cut(pair, "witness", `${machine.name} cannot reach the witness`, [
    [machine.name, witnessName],
    [witnessName, machine.name],
  ]);

/** Ten times cut and joined while it lasts. */
const flap: FaultKind = (pair) => {
  const fault = partition(pair, pair.sides[0]);
  if (fault === undefined) return undefined;
  let isOver = false;
  const swing = (isCut: boolean) => {
    if (isOver) return;
    if (isCut) fault.end();
    else fault.begin();
    pair.world.after(pair.world.random.between(100, 1_500), () => swing(!isCut));
  };
  return {
    subject: "link",
    text: "the link flaps",
    begin: () => swing(false),
    end: () => {
      isOver = true;
      fault.end();
    },
  };
};

const badLink: FaultKind = (pair) => {
  const { random } = pair.world;
  const [a, b] = pair.sides.map(({ machine }) => machine.name) as [string, string];
  const [loss, twice] = [random.next() * 0.3, random.next() * 0.2];
  const [delayMs, jitterMs] = [random.between(0, 100), random.between(0, 200)];
  return {
    subject: "link",
    text: `the link loses ${(loss * 100).toFixed(0)} % and delays by ${delayMs} to ${delayMs + jitterMs} ms`,
    begin: () => {
      for (const wire of [pair.network.wire(a, b), pair.network.wire(b, a)])
        Object.assign(wire, { loss, twice, delayMs, jitterMs });
    },
    end: () => {
      pair.network.mend(a, b);
      pair.network.mend(b, a);
    },
  };
};

const closeUdp: FaultKind = (pair, { machine }) => ({
  subject: `${machine.name}/udp`,
  text: `no datagrams from or to ${machine.name}`,
  begin: () => pair.network.closePath(machine.name, "udp"),
  end: () => pair.network.openPath(machine.name, "udp"),
});

const cutLeaf: FaultKind = (pair, { machine }) => ({
  subject: `${machine.name}/nats`,
  text: `the leaf of ${machine.name} is cut`,
  begin: () => pair.network.closePath(machine.name, "nats"),
  end: () => {
    if (machine.processes.nats.isRunning) pair.network.openPath(machine.name, "nats");
  },
});

const witnessDown: FaultKind = ({ witness }) => ({
  subject: "witness",
  text: "the witness is down",
  begin: () => {
    witness.isUp = false;
  },
  end: () => {
    witness.isUp = true;
  },
});

const witnessSlow: FaultKind = ({ witness, world }) => ({
  subject: "witness",
  text: "the witness is slow",
  begin: () => {
    witness.slowMs = world.random.between(100, 1_500);
  },
  end: () => {
    witness.slowMs = 0;
  },
});

const witnessBlank: FaultKind = ({ witness, sides }) => {
  if (sides.some(({ machine }) => machine.disk.generation > 0)) return undefined;
  return {
    subject: "witness",
    text: "the witness loses all it knew",
    begin: () => {
      witness.loseAll();
      witness.isUp = false;
    },
    end: () => {
      witness.isUp = true;
    },
  };
};

function agent(state: "crashed" | "hung"): FaultKind {
  return (pair, { machine, enforcer }) => {
    const service = serviceOf(pair);
    return {
      subject: `${machine.name}/${service}`,
      text: `${machine.name}/${service} is ${state}`,
      begin: () => enforcer.setAgent(service, state),
      end: () => enforcer.setAgent(service, "well"),
    };
  };
}

const clockJump: FaultKind = (pair, { machine }) => {
  const ms = pair.world.random.between(-20_000, 20_000);
  return {
    subject: `${machine.name}/clock`,
    text: `the clock of ${machine.name} jumps by ${ms} ms`,
    begin: () => machine.clock.jump(ms),
    end: () => {},
  };
};

export const faultKinds = {
  "hub crash": crash("hub"),
  "hub hang": stopHub,
  "NATS crash": crash("nats"),
  "Pushgateway crash": crash("pushgateway"),
  "router crash": crash("router"),
  "machine hang": stopMachine,
  "machine reboot": reboot,
  "both machines off": bothOff,
  "disk lost": loseDisk,
  "disk full": fillDisk,
  "disk slow": slowDisk,
  partition,
  "one-way partition": oneWay,
  isolation: isolate,
  "witness cut off": cutWitness,
  "link flaps": flap,
  "bad link": badLink,
  "no datagrams": closeUdp,
  "leaf cut": cutLeaf,
  "witness down": witnessDown,
  "witness slow": witnessSlow,
  "witness blank": witnessBlank,
  "agent crash": agent("crashed"),
  "agent hang": agent("hung"),
  "clock jump": clockJump,
} satisfies Record<string, FaultKind>;

export type FaultName = keyof typeof faultKinds;
export const faultNames = Object.keys(faultKinds) as FaultName[];
