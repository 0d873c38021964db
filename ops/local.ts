/** `tandem local`: runs the pair and its satellites on this computer until it is told to stop. */
import { type Command, InvalidArgumentError, Option } from "commander";
import { fleetDir, requireFleet } from "../fleet/load.ts";
import { messageOf } from "../hub/io/log.ts";
import { build } from "./build.ts";
import type { ChildEvent } from "./local/child.ts";
import { openDataFolder } from "./local/data-folder.ts";
import { readAccess, readNotifications, readRemoteWrite } from "./local/hub-words.ts";
import { Pair } from "./local/pair.ts";
import { requireFree } from "./local/port-owner.ts";
import { otherOffset } from "./local/ports.ts";
import { hearReviveOrders } from "./local/revive-orders.ts";
import {
  type AgentChoice,
  allMachineNames,
  chooseAgents,
  planSite,
  requireLocalPair,
  type Site,
  witnessName,
} from "./local/site.ts";
import { ensureTool } from "./tools/ensure-tool.ts";

interface LocalOptions {
  data: string;
  portOffset: number;
  agents: AgentChoice;
  fleet: string;
  restart: boolean;
  witness: boolean;
  notifications?: string;
  remoteWrite?: string;
  access?: string;
  json: boolean;
}

/** A terminal's Ctrl-C may arrive twice, from its own group and from npm: the second press comes later than this, ms. */
const sameKeypressMs = 500;

export function registerLocal(program: Command): void {
  program
    .command("local")
    .description(
      "run the pair on this computer: NATS, Pushgateway, hub and agents, those of satellites too, until Ctrl-C",
    )
    .option("--data <dir>", "folder of the pair's data, one folder a machine in it", ".tandem")
    .option("--port-offset <n>", "added to every port", parseOffset, 0)
    .addOption(new Option("--agents <which>", "agents to run").choices(["pilots", "all", "none"]).default("all"))
    .option("--fleet <dir>", "folder with the inventory of mainpc, pc2 and any satellites", fleetDir)
    .option("--no-witness", "without the third NATS server, by which single writers move by themselves")
    .option("--notifications <file>", "YAML of where both hubs send alerts, in the hub's words (docs/alerting.md)")
    .option(
      "--remote-write <file>",
      "YAML of where both hubs write all metrics, in the hub's words (docs/remote-write.md)",
    )
    .option("--access <file>", "YAML of who may push to both hubs and give orders, in the hub's words (docs/access.md)")
    .option("--no-restart", "leave a process dead that dies, instead of starting it again")
    .option("--json", "first line of standard output: one JSON object, when all is ready; events follow", false)
    .addHelpText("after", `\nExample:\n  $ tandem local --data /tmp/pair --port-offset ${otherOffset} --agents pilots`)
    .action(run);
}

async function run(options: LocalOptions): Promise<void> {
  const onReviveOrder = hearReviveOrders();
  const say = (line: string) => void process.stderr.write(`${line}\n`);
  const startedAtMs = performance.now();
  const site = planSite(
    chooseAgents(requireLocalPair(requireFleet(options.fleet)), options.agents),
    options.portOffset,
    options.witness,
  );
  if (options.notifications !== undefined) site.notifications = readNotifications(options.notifications);
  if (options.remoteWrite !== undefined) site.remoteWrite = readRemoteWrite(options.remoteWrite);
  if (options.access !== undefined) site.access = readAccess(options.access);
  const natsServer = await ensureTool("nats-server", say);
  const pushgateway = await ensureTool("pushgateway", say);
  const { hub, router, supervisor } = await build();
  const data = await openDataFolder(options.data, [...allMachineNames(site.fleet), witnessName], say, "local run");
  try {
    await requireFree(site.plan.ports);
    say(data.existed ? `going on with the data in ${data.path}` : `new data folder ${data.path}`);
    const programs = { natsServer, pushgateway, hub: hub.path, router: router.path, supervisor: supervisor.path };
    const pair = new Pair({
      site,
      data,
      programs,
      restart: options.restart,
      say,
      tell: (event) => tell(event, say, options.json),
    });
    const stopped = stopOnSignal(pair, say);
    try {
      const started = await Promise.race([pair.start().then(() => true), stopped.then(() => false)]);
      if (started) {
        // Not before: what is still to be started for the first time would be started twice.
        onReviveOrder(() => pair.revive());
        const line = readyLine(site, pair);
        if (options.json) printJson(line);
        else printEndpoints(site, line.machines, performance.now() - startedAtMs);
      }
      await stopped;
    } finally {
      await pair.stop();
    }
  } finally {
    data.release();
  }
  say("stopped; the data stays for the next start");
}

/** Resolves when the pair has stopped at a signal; a second one kills. */
function stopOnSignal(pair: Pair, say: (line: string) => void): Promise<void> {
  return new Promise((resolve) => {
    let firstAtMs: number | undefined;
    const onSignal = () => {
      const nowMs = performance.now();
      if (firstAtMs === undefined) {
        firstAtMs = nowMs;
        pair.stop().then(resolve, (error: unknown) => {
          say(`stopping failed: ${messageOf(error)}`);
          pair.kill();
          resolve();
        });
      } else if (nowMs - firstAtMs > sameKeypressMs) {
        say("killing all processes");
        pair.kill();
      }
    };
    for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, onSignal);
  });
}

function tell(event: ChildEvent, say: (line: string) => void, json: boolean): void {
  const { child, pid } = event;
  const { machine, name } = child.spec;
  if (event.type === "died") {
    const { how, restartInMs } = event;
    const next = restartInMs === undefined ? "it stays dead" : `starting it again in ${restartInMs / 1_000} s`;
    say(`${child.label} (pid ${pid}) ${how}; ${next}`);
    if (json) printJson({ event: "died", machine, name, pid, how, restartInMs: restartInMs ?? null });
  } else if (event.again) {
    say(`${child.label} runs again (pid ${pid})`);
    if (json) printJson({ event: "restarted", machine, name, pid });
  }
}

type Endpoints = Record<string, { hub: string; pushgateway: string; nats: string; monitoring: string }>;

function readyLine(site: Site, pair: Pair): { ready: true; machines: Endpoints; witness: unknown; agents: unknown } {
  const machines = Object.fromEntries(
    site.machines.map((machine) => [
      machine.name,
      {
        hub: urlOf("http", machine.hub),
        pushgateway: urlOf("http", machine.pushgateway),
        nats: urlOf("nats", machine.nats),
        monitoring: urlOf("http", machine.monitoring),
        pids: {
          hub: pair.pid(machine.name, "hub"),
          pushgateway: pair.pid(machine.name, "Pushgateway"),
          nats: pair.pid(machine.name, "NATS"),
          supervisor: pair.pid(machine.name, "supervisor"),
        },
      },
    ]),
  );
  const pids = Object.fromEntries(allMachineNames(site.fleet).map((name) => [name, pair.agentPids(name)]));
  const witness = site.witness && { nats: urlOf("nats", site.witness), pids: { nats: pair.pid(witnessName, "NATS") } };
  return { ready: true, machines, witness: witness ?? null, agents: { pids } };
}

function printEndpoints(site: Site, endpoints: Endpoints, tookMs: number): void {
  const lines = [`ready in ${(tookMs / 1_000).toFixed(1)} s`];
  for (const { name, hubName } of site.machines) {
    const at = endpoints[name];
    if (at === undefined) continue;
    lines.push("", `${name}, ${hubName}`, `  page         ${at.hub}/`, `  metrics      ${at.hub}/metrics`);
    lines.push(`  Pushgateway  ${at.pushgateway}`, `  NATS         ${at.nats}, monitoring ${at.monitoring}`);
  }
  if (site.witness !== undefined) lines.push("", "witness", `  NATS         ${urlOf("nats", site.witness)}`);
  const { moved } = site.plan;
  if (moved.length > 0) {
    lines.push("", "Both machines are one computer here, so these ports moved:");
    for (const { machine, what, port, localPort } of moved) lines.push(`  ${machine} ${what}: ${port} → ${localPort}`);
  }
  process.stdout.write(`${[...lines, "", "Ctrl-C stops all."].join("\n")}\n`);
}

const printJson = (value: unknown) => void process.stdout.write(`${JSON.stringify(value)}\n`);
const urlOf = (scheme: string, { host, port }: { host: string; port: number }) => `${scheme}://${host}:${port}`;

function parseOffset(text: string): number {
  const offset = Number(text);
  if (Number.isInteger(offset) && offset >= 0 && offset <= 50_000) return offset;
  throw new InvalidArgumentError("a whole number from 0 to 50000");
}
