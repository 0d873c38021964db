/** `tandem where`, `take`, `switchover` and `maintenance`: where services act, and an operator's orders to the hubs. */
import { userInfo } from "node:os";
import { createInterface } from "node:readline/promises";
import { type Command, InvalidArgumentError } from "commander";
import { z } from "zod";
import { MaintenanceView } from "../hub/http/api.ts";
import { OperatorError } from "./error.ts";
import { type HubsAsked, hubUrls } from "./ledger/hubs.ts";
import { hubOf, Order, order } from "./services/orders.ts";
import { type ServicesAsked, whereCode, whereText } from "./services/where.ts";
import { askHub } from "./site/ask-hub.ts";
import { askServices } from "./site/ask-services.ts";
import { siteDir } from "./site/stacks.ts";

interface Asking extends HubsAsked {
  json: boolean;
}

interface TakeOptions extends Asking {
  confirmPeerDead: boolean;
  yes: boolean;
}

interface SwitchoverOptions extends Asking {
  to?: string;
  all: boolean;
}

interface MaintenanceOptions extends Asking {
  minutes: number;
  reason: string;
}

export function registerServices(program: Command): void {
  withHubs(program.command("where"))
    .argument("[service]", "name of one service; all without it")
    .description(
      "ask both hubs where services act; ends with 1 when one is held or the hubs differ, with 2 when no hub answers",
    )
    .addHelpText("after", "\nExample:\n  $ tandem where ServiceRegistry")
    .action(where);
  withHubs(program.command("take"))
    .argument("<service>")
    .description("have the first hub's machine take a service; ends with 1 when it does not")
    .option(
      "--confirm-peer-dead",
      "you have seen yourself that the other machine is off: two writers would do harm",
      false,
    )
    .option("--yes", "do not ask for the service's name to be typed", false)
    .addHelpText(
      "after",
      "\nExample, on the machine that is to take it:\n  $ tandem take ServiceRegistry --confirm-peer-dead",
    )
    .action(take);
  withHubs(program.command("switchover"))
    .argument("[service]")
    .description("move a service to its other machine without a failed request; ends with 1 when it does not move")
    .option("--to <machine>", "where it should be; nothing happens when it is there")
    .option("--all", "all services, one after another, such as before work on their machine; with --to", false)
    .addHelpText(
      "after",
      "\nExamples:\n  $ tandem switchover ServiceRegistry --to pc2\n  $ tandem switchover --all --to pc2",
    )
    .action(switchover);
  const maintenance = program
    .command("maintenance")
    .description("what is being worked on: it neither alerts nor moves");
  withHubs(maintenance.command("on"))
    .argument("<target>", "a machine, or machine/name of an agent")
    .option("--minutes <n>", "it ends by itself after this", minutes, 60)
    .option("--reason <text>", "what is being done", "maintenance")
    .addHelpText("after", '\nExample:\n  $ tandem maintenance on mainpc --minutes 30 --reason "new memory"')
    .action(maintenanceOn);
  withHubs(maintenance.command("off")).argument("<target>").action(maintenanceOff);
  withHubs(maintenance.command("list")).action(maintenanceList);
}

function withHubs(command: Command): Command {
  return command
    .option("--hub <url...>", "hubs to ask, instead of those of a local run or a site")
    .option("--data <dir>", "ask the hubs of the local run that keeps its data there (default: .tandem while one runs)")
    .option("--stack <name...>", "else those of these stacks", ["mainpc", "pc2"])
    .option("--dir <folder>", "folder with Pulumi.yaml and the stacks' files", siteDir)
    .option("--json", "print one JSON object", false);
}

async function where(service: string | undefined, options: Asking): Promise<void> {
  const asked = await Promise.all(
    hubUrls(options).map(async (url): Promise<ServicesAsked> => {
      const services = await askServices(url);
      return { url, services: services?.filter(({ name }) => service === undefined || name === service) };
    }),
  );
  if (service !== undefined && asked.some(({ services }) => services?.length === 0))
    throw new OperatorError(
      "service.unknown",
      `no agent ${service} has a standby`,
      "tandem where lists those that have",
    );
  process.exitCode = whereCode(asked);
  const text = options.json ? JSON.stringify({ exitCode: process.exitCode, hubs: asked }) : whereText(asked);
  process.stdout.write(`${text}\n`);
}

async function take(service: string, options: TakeOptions): Promise<void> {
  const { confirmPeerDead } = options;
  if (confirmPeerDead && !options.yes) await confirm(service);
  const url = await hubOf(hubUrls(options), service);
  tell(await orderOf(url, service, "take", { confirmPeerDead }), options);
}

async function switchover(service: string | undefined, options: SwitchoverOptions): Promise<void> {
  const { to, all } = options;
  const body = to === undefined ? {} : { to };
  const move = (url: string, name: string) => orderOf(url, name, "switchover", body);
  if (!all && service !== undefined) return tell(await move(await hubOf(hubUrls(options), service), service), options);
  if (!all || service !== undefined || to === undefined) {
    const what = "it takes one service, or --all with the machine to which all shall go";
    throw new OperatorError("switchover.which", what, "tandem switchover ServiceRegistry, or --all --to pc2");
  }
  const url = await anyHub(options);
  const services = (await askServices(url)) ?? [];
  const outcomes: (z.infer<typeof Order> & { service: string })[] = [];
  // One that does not move is no reason to leave the others where they are.
  for (const { name } of services) outcomes.push({ service: name, ...(await move(url, name)) });
  if (outcomes.some(({ ok }) => !ok)) process.exitCode = 1;
  print(options, outcomes, outcomes.map((outcome) => `${outcome.service}: ${outcome.text}`).join("\n"));
}

async function maintenanceOn(target: string, options: MaintenanceOptions): Promise<void> {
  const body = { target, minutes: options.minutes, reason: options.reason, by: userInfo().username };
  const view = await order("POST", `${await anyHub(options)}/api/v1/maintenance`, body, MaintenanceView);
  print(options, view, `${view.target} is in maintenance until ${view.until}`);
}

async function maintenanceOff(target: string, options: Asking): Promise<void> {
  const body = { target, by: userInfo().username };
  const view = await order("DELETE", `${await anyHub(options)}/api/v1/maintenance`, body, MaintenanceView);
  print(options, view, `${view.target} is watched again`);
}

async function maintenanceList(options: Asking): Promise<void> {
  const views = (await askHub(`${await anyHub(options)}/api/v1/maintenance`, z.array(MaintenanceView))) ?? [];
  const lines = views.map(({ target, until, reason, by }) => `${target} until ${until}: ${reason} (${by})`);
  print(options, views, lines.length === 0 ? "nothing is in maintenance" : lines.join("\n"));
}

const orderOf = (url: string, service: string, verb: "take" | "switchover", body: object) =>
  order("POST", `${url}/api/v1/services/${encodeURIComponent(service)}/${verb}`, body, Order);

const anyHub = (options: Asking) => hubOf(hubUrls(options));

function tell(outcome: z.infer<typeof Order>, { json }: Asking): void {
  if (!outcome.ok) process.exitCode = 1;
  print({ json }, outcome, outcome.text);
}

function print({ json }: Pick<Asking, "json">, value: unknown, text: string): void {
  process.stdout.write(`${json ? JSON.stringify(value) : text}\n`);
}

/** What cannot be undone is typed. */
async function confirm(service: string): Promise<void> {
  const refusal = (what: string) =>
    new OperatorError(
      "take.unconfirmed",
      what,
      "Say --yes where nobody can be asked, and only when the other machine is off",
    );
  if (!process.stdin.isTTY)
    throw refusal("taking a service from a machine that is believed dead wants to be confirmed");
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const said = await terminal.question(
    `If the other machine still works, ${service} runs twice. Type ${service} to take it: `,
  );
  terminal.close();
  if (said.trim() !== service) throw refusal("the name was not typed, so nothing was done");
}

function minutes(text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new InvalidArgumentError("a number of minutes above 0");
}
