/** `tandem agent`: lists the local run's agents and gives one a fault, or takes it away. */
import { type Command, InvalidArgumentError } from "commander";
import { askFleet, type FoundAgent, findAgent, setFault } from "./local/agents/directory.ts";
import type { Fault } from "./local/agents/fault.ts";

interface CommonOptions {
  data: string;
  json?: boolean;
}

interface FaultOptions extends CommonOptions {
  machine?: string;
  degraded?: boolean;
  message?: string;
  ms?: number;
}

const defaultSlowMs = 300;

/** Actions throw OperatorError; the program shows it. */
export function registerAgent(program: Command): void {
  const agent = program.command("agent").description("faults of single agents of the local run");

  withCommon(agent.command("list").description("every agent, its process and its fault"))
    .option("--machine <name>", "only this machine's")
    .action((options: FaultOptions) => list(options));

  verb(agent, "crash", "close its sockets as a killed process does", () => ({ kind: "crashed" }));
  verb(agent, "hang", "accept connections and answer nothing", () => ({ kind: "hung" }));
  verb(agent, "error-page", "answer GET /metrics with 200 and a page of HTML that says error", () => ({
    kind: "error-page",
  }));
  verb(agent, "slow", "answer for its health late", ({ ms = defaultSlowMs }) => ({ kind: "slow", ms })).option(
    "--ms <number>",
    "how late",
    positive,
    defaultSlowMs,
  );
  verb(agent, "stubborn", "go on with the hub file that it read last", () => ({ kind: "stubborn" }));
  verb(agent, "faulty", "answer that it is not well", ({ degraded = false, message }) => ({
    kind: "faulty",
    status: degraded ? "degraded" : "error",
    message: message ?? (degraded ? "degraded by command" : "failing by command"),
  }))
    .option("--degraded", "status degraded instead of error")
    .option("--message <text>", "what it says about it");
  verb(agent, "heal", "take its fault away", () => ({ kind: "none" }));
}

function verb(parent: Command, name: string, description: string, faultOf: (options: FaultOptions) => Fault): Command {
  return withCommon(parent.command(name).description(description))
    .argument("<name>", "the agent's name")
    .option("--machine <name>", "where it stands; by default where it is no standby")
    .action(async (agentName: string, options: FaultOptions) => {
      const found = findAgent(await askFleet(options.data), agentName, options.machine);
      const state = await setFault(found, faultOf(options));
      print(options, { machine: found.machine, ...state }, `${found.machine}/${agentName}: ${faultText(state.fault)}`);
    });
}

function positive(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new InvalidArgumentError("a whole number of ms above 0 is wanted");
}

function withCommon(command: Command): Command {
  return command
    .option("--data <folder>", "data folder of the local run", ".tandem")
    .option("--json", "print one line of JSON");
}

async function list(options: FaultOptions): Promise<void> {
  const all = await askFleet(options.data);
  const agents = all.filter(({ machine }) => options.machine === undefined || machine === options.machine);
  const rows = agents.map(row);
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(0, ...rows.map((cells) => cells[column]?.length ?? 0)));
  const lines = rows.map((cells) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
  const json = agents.map(({ machine, process, pid, config, state }) => ({
    machine,
    process,
    pid: pid ?? null,
    ...config,
    fault: state?.fault ?? null,
    pushes: state?.pushes ?? null,
    hubFile: state?.hubFile ?? null,
  }));
  print(options, { agents: json }, lines.join("\n"));
}

function row({ machine, process, pid, config, state }: FoundAgent): string[] {
  const standby = config.standbyOf === undefined ? "" : ` (standby of ${config.standbyOf})`;
  const where = pid === undefined ? process : `${process} pid ${pid}`;
  const ports = `port ${config.port}, ${config.kind} ${config.healthPort}, http ${config.httpPort}`;
  return [
    `${machine}/${config.name}${standby}`,
    state === undefined ? "not running" : faultText(state.fault),
    where,
    ports,
    hubFileText(state),
  ];
}

function hubFileText(state: FoundAgent["state"]): string {
  if (state?.hubFile === undefined) return "";
  const { stage, revision, hub } = state.hubFile;
  return `${stage}, revision ${revision}, ${hub === undefined ? "no hub" : `hub ${hub}`} takes its pushes`;
}

function faultText(fault: Fault): string {
  switch (fault.kind) {
    case "none":
      return "no fault";
    case "crashed":
    case "hung":
      return fault.kind;
    case "error-page":
      return "serves an error page for its metrics";
    case "slow":
      return `answers for its health ${fault.ms} ms late`;
    case "stubborn":
      return "does not read its hub file";
    case "faulty":
      return `says ${fault.status}: ${fault.message}`;
  }
}

function print(options: CommonOptions, json: object, text: string): void {
  process.stdout.write(`${options.json === true ? JSON.stringify(json) : text}\n`);
}
