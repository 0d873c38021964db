/** `npm run lab`: makes the lab's machines, breaks them and removes them. */
import { spawn } from "node:child_process";
import { resolve } from "node:path";
import { Command } from "commander";
import { OperatorError } from "../../ops/error.ts";
import { down } from "./containers.ts";
import { extrasOf } from "./images.ts";
import { Lab } from "./lab.ts";
import { isCut, isPlugged } from "./link.ts";
import type { LabUser } from "./machine.ts";
import { defaultName, machineName, placeName } from "./plan.ts";
import { writeProject } from "./project.ts";

interface Common {
  name: string;
  json: boolean;
}

const say = (line: string) => void process.stderr.write(`${line}\n`);
const print = (line: string) => void process.stdout.write(`${line}\n`);
const printJson = (value: unknown) => print(JSON.stringify(value, null, 2));

const program = new Command("npm run lab --")
  .description("Machines as containers with sshd and a Docker engine each, for trying a real pulumi up.")
  .showHelpAfterError()
  .enablePositionalOptions();

const add = (usage: string, description: string, example: string) =>
  program
    .command(usage)
    .description(description)
    .option("--name <name>", "of the lab, one of several on this computer", defaultName)
    .option("--json", "print one JSON object", false)
    .addHelpText("after", `\nExample:\n  $ npm run lab -- ${example}`);

add("up", "make or start the lab, and load its images", "up --name dev")
  .option("--data-mb <n>", "size of each machine's own disk", "4096")
  .option("--satellite", "with a third machine, nas", false)
  .option("--with <images>", "those of prometheus and keepalived too, with a comma between them", "")
  .action(async (options: Common & { dataMb: string; satellite: boolean; with: string }) => {
    const { name, json, dataMb, satellite } = options;
    const startedMs = performance.now();
    const lab = await Lab.up({ name, dataMb: Number(dataMb), satellite, extras: extrasOf(options.with), say });
    say(`ready in ${((performance.now() - startedMs) / 1_000).toFixed(1)} s`);
    await report(lab, json);
  });

add("status", "tell how each machine is", "status --json").action(async ({ name, json }: Common) => {
  await report(await Lab.open(name), json);
});

add("ssh <place> [command...]", "open a shell, or run a command, over SSH", "ssh mainpc docker ps")
  .option("--user <user>", "root, ops (Docker, no sudo) or admin (sudo, no Docker)", "root")
  .option("--jump", "go through the jump host", false)
  .passThroughOptions()
  .action(async (place: string, command: string[], options: Common & { user: LabUser; jump: boolean }) => {
    const lab = await Lab.open(options.name);
    const args = lab.sshArgs(placeName(place), { user: options.user, throughJump: options.jump });
    process.exitCode = await handOver("ssh", [...args, ...command]);
  });

add("load <image...>", "load images of this computer's engine into every machine", "load my-hub:1").action(
  async (images: string[], { name }: Common) => {
    const lab = await Lab.open(name);
    for (const machine of lab.machines) {
      const loaded = await machine.putImages(images);
      say(`${machine.name}: ${loaded.length === 0 ? "held all of them already" : `loaded ${loaded.join(", ")}`}`);
    }
  },
);

add("project <folder>", "write a Pulumi project with a stack for each machine", "project /tmp/lab")
  .option("--user <user>", "that the stacks log in as", "root")
  .option("--fleet <dir>", "with a stack of the satellite too: folder with an inventory that has nas")
  .action(async (folder: string, { name, user, fleet }: Common & { user: LabUser; fleet?: string }) => {
    const lab = await Lab.open(name);
    writeProject(folder, labStacks(lab, user, fleet === undefined ? undefined : resolve(fleet)));
    say(`wrote ${folder}; next: pulumi -C ${folder} stack init mainpc`);
  });

add(
  "run <program> [args...]",
  "run a program with an SSH agent that holds the lab's key",
  "run pulumi -C /tmp/lab up -s mainpc",
)
  .passThroughOptions()
  .action(async (command: string, args: string[], { name }: Common) => {
    const agent = await (await Lab.open(name)).sshAgent();
    try {
      process.exitCode = await handOver(command, args, { ...process.env, ...agent.env });
    } finally {
      await agent.stop();
    }
  });

add("partition", "drop all traffic between the two machines", "partition").action(async ({ name }: Common) => {
  await (await Lab.open(name)).cutLink();
  say("mainpc and pc2 no longer reach each other");
});

add("unplug <place>", "take a machine off the network", "unplug pc2").action(
  async (place: string, { name }: Common) => {
    await (await Lab.open(name)).unplug(placeName(place));
    say(`${place} is reached by nobody`);
  },
);

add("heal", "undo partition and unplug", "heal").action(async ({ name }: Common) => {
  await (await Lab.open(name)).heal();
  say("all reach each other");
});

add("kill <place>", "end a machine at once, as a power cut does", "kill mainpc").action(
  async (place: string, { name }: Common) => {
    await (await Lab.open(name)).kill(placeName(place));
    say(`${place} is dead`);
  },
);

add("start <place>", "start a machine again", "start mainpc").action(async (place: string, { name }: Common) => {
  await (await Lab.open(name)).start(placeName(place));
  say(`${place} answers`);
});

add("fill <machine>", "fill the disk of /var/lib/tandem", "fill mainpc")
  .option("--undo", "free it again", false)
  .action(async (machine: string, { name, undo }: Common & { undo: boolean }) => {
    const lab = await Lab.open(name);
    await (undo ? lab.freeDisk(machineName(machine)) : lab.fillDisk(machineName(machine)));
    say(`/var/lib/tandem of ${machine} ${undo ? "has room" : "is full"}`);
  });

add("down", "remove the lab", "down --name dev --volumes")
  .option("--volumes", "with its disks and its key", false)
  .action(async ({ name, json, volumes }: Common & { volumes: boolean }) => {
    const removed = await down(name, { volumes });
    if (json) printJson({ removed });
    else say(removed.length === 0 ? `there is no lab ${name}` : `removed ${removed.join(", ")}`);
  });

/** Of the pair, and with an inventory that has it of the satellite, which the pair then knows. */
function labStacks(lab: Lab, user: LabUser, fleet: string | undefined): Parameters<typeof writeProject>[1] {
  const pair = { mainpc: lab.stackConfig("mainpc", user), pc2: lab.stackConfig("pc2", user) };
  if (fleet === undefined) return pair;
  const { name, address } = lab.machine("nas");
  const known = { satellites: [{ name, address }], fleet: { directory: fleet } };
  return {
    mainpc: { ...pair.mainpc, ...known },
    pc2: { ...pair.pc2, ...known },
    nas: lab.satelliteConfig(fleet, user),
  };
}

async function report(lab: Lab, json: boolean): Promise<void> {
  const places = await Promise.all(
    lab.places.map(async (machine) => {
      const { name } = machine;
      const state = await machine.state();
      const plugged = await isPlugged(lab.plan, machine);
      const cut = name !== "jump" && state === "running" && (await isCut(machine));
      return {
        name,
        container: machine.container,
        address: machine.address,
        hostKey: machine.hostKey,
        state,
        plugged,
        cut,
      };
    }),
  );
  if (json) {
    printJson({ lab: lab.plan.name, network: lab.plan.network, subnet: lab.plan.subnet, places });
    return;
  }
  for (const { name, address, state, plugged, cut, container } of places) {
    const link = plugged ? (cut ? "cut off its peer" : "") : "unplugged";
    print(`${name.padEnd(7)} ${address.padEnd(14)} ${state.padEnd(8)} ${container}  ${link}`.trimEnd());
  }
}

/** Resolves with the exit code of a program that has this terminal meanwhile. */
function handOver(command: string, args: readonly string[], env = process.env): Promise<number> {
  return new Promise((resolve, reject) => {
    spawn(command, args, { stdio: "inherit", env })
      .once("error", reject)
      .once("exit", (code) => resolve(code ?? 1));
  });
}

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof OperatorError)) throw error;
  say(`error: ${error.toText()}`);
  process.exitCode = 1;
}
