/** `tandem where`, `take`, `switchover` and `maintenance`: where services act, and an operator's orders to the hubs. */
import { userInfo } from "node:os";
import { type Command, InvalidArgumentError } from "commander";
import { MaintenanceView } from "../hub/http/api.ts";
import { ask } from "./client/hub-client.ts";
import { OperatorError } from "./error.ts";
import { askingHubs, hubUrls } from "./ledger/hubs.ts";
import { oneLine } from "./one-line.ts";
import { confirmTaking } from "./services/confirm.ts";
import { type HubsOrdered, type OrderHub, orderHubs } from "./services/hubs.ts";
import { hubOf, Outcome, order } from "./services/orders.ts";
import { type ServicesAsked, whereCode, whereText } from "./services/where.ts";
import { askServices } from "./site/ask-services.ts";

interface Asking extends HubsOrdered {
  json: boolean;
}

interface TakeOptions extends Asking {
  confirmPeerDead: boolean;
  yes: boolean;
}

interface SwitchoverOptions extends Asking {
  to?: string;
  all: boolean;
  home: boolean;
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
  withOrders(program.command("take"))
    .argument("<service>")
    .description("have a machine take a service: --at, or the first whose hub answers; ends with 1 when it does not")
    .option(
      "--confirm-peer-dead",
      "you have seen yourself that the other machine is off: two writers would do harm",
      false,
    )
    .option("--yes", "do not ask for the service's name to be typed", false)
    .addHelpText("after", "\nExample:\n  $ tandem take ServiceRegistry --confirm-peer-dead --at pc2")
    .action(take);
  withOrders(program.command("switchover"))
    .argument("[service]")
    .description("move a service to its other machine without a failed request; ends with 1 when it does not move")
    .option("--to <machine>", "where it should be; nothing happens when it is there")
    .option(
      "--all",
      "all services, one after another, such as before work on their machine; with --to or --home",
      false,
    )
    .option("--home", "with --all: each to its own home, such as after that work", false)
    .addHelpText(
      "after",
      "\nExamples:\n  $ tandem switchover ServiceRegistry --to pc2\n  $ tandem switchover --all --to pc2\n  $ tandem switchover --all --home",
    )
    .action(switchover);
  const maintenance = program
    .command("maintenance")
    .description("what is being worked on: it neither alerts nor moves");
  withOrders(maintenance.command("on"))
    .argument("<target>", "a machine, or machine/name of an agent")
    .description("begin maintenance of a machine or an agent")
    .option("--minutes <n>", "it ends by itself after this, 43200 (30 days) at most", minutes, 60)
    .option("--reason <text>", "what is being done", "maintenance")
    .addHelpText("after", '\nExample:\n  $ tandem maintenance on mainpc --minutes 30 --reason "new memory"')
    .action(maintenanceOn);
  withOrders(maintenance.command("off"))
    .argument("<target>", "as it was begun")
    .description("end maintenance before its time")
    .action(maintenanceOff);
  withHubs(maintenance.command("list")).description("what is in maintenance").action(maintenanceList);
}

const withHubs = (command: Command): Command => askingHubs(command).option("--json", "print one JSON object", false);

/** Hubs take orders at a socket of their own machine: to one of a site they are given over SSH, there. */
function withOrders(command: Command): Command {
  return withHubs(command).option("--at <machine>", "whose hub gets the order (default: the first that answers)");
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
  if (confirmPeerDead && !options.yes) await confirmTaking(service);
  tell(await orderOf(await hubFor(options, service), service, "take", { confirmPeerDead }), options);
}

async function switchover(service: string | undefined, options: SwitchoverOptions): Promise<void> {
  const { to, all, home: isHomeward } = options;
  const move = (hub: OrderHub, name: string, target = to) =>
    orderOf(hub, name, "switchover", target === undefined ? {} : { to: target });
  if (!all && !isHomeward && service !== undefined)
    return tell(await move(await hubFor(options, service), service), options);
  if (!all || service !== undefined || (to === undefined) !== isHomeward) {
    const what = "it takes one service, or --all with the machine to which all shall go, or with --home";
    throw new OperatorError("switchover.which", what, "tandem switchover ServiceRegistry, or --all --to pc2");
  }
  const hub = await hubFor(options);
  const services = await askServices(hub.url);
  if (services === undefined) {
    const next = "Name each service instead: tandem switchover ServiceRegistry --to pc2";
    throw new OperatorError("hub.silent", `${hub.url} does not tell which services there are`, next);
  }
  const outcomes: (Outcome & { service: string })[] = [];
  // One that does not move is no reason to leave the others where they are.
  for (const { name, home } of services) {
    const outcome = await move(hub, name, isHomeward ? home : to).catch(unanswered);
    outcomes.push({ service: name, ...outcome });
  }
  if (outcomes.some(({ ok }) => !ok)) process.exitCode = 1;
  print(options, outcomes, outcomes.map((outcome) => `${outcome.service}: ${oneLine(outcome.text)}`).join("\n"));
}

async function maintenanceOn(target: string, options: MaintenanceOptions): Promise<void> {
  const body = { target, minutes: options.minutes, reason: options.reason, by: userInfo().username };
  const view = await order(await hubFor(options), { method: "POST", path: maintenancePath, body }, MaintenanceView);
  print(options, view, `${view.target} is in maintenance until ${view.until}`);
}

async function maintenanceOff(target: string, options: Asking): Promise<void> {
  const body = { target, by: userInfo().username };
  const view = await order(await hubFor(options), { method: "DELETE", path: maintenancePath, body }, MaintenanceView);
  print(options, view, `${view.target} is watched again`);
}

async function maintenanceList(options: Asking): Promise<void> {
  const { url } = await hubOf(orderHubs(options));
  const views = (await ask(url, "getMaintenance", {})) ?? [];
  const lines = views.map(({ target, until, reason, by }) => oneLine(`${target} until ${until}: ${reason} (${by})`));
  print(options, views, lines.length === 0 ? "nothing is in maintenance" : lines.join("\n"));
}

const maintenancePath = "/api/v1/maintenance";

const orderOf = (hub: OrderHub, service: string, verb: "take" | "switchover", body: Record<string, unknown>) =>
  order(hub, { method: "POST", path: `/api/v1/services/${encodeURIComponent(service)}/${verb}`, body }, Outcome);

/** What an order's error says, beside the outcomes of the others. */
function unanswered(error: unknown): Outcome {
  if (!(error instanceof OperatorError)) throw error;
  return { ok: false, text: `${error.message}. ${error.next}` };
}

/** A hub whose machine was named gets the order though it may not be asked from here. */
async function hubFor(options: Asking, service?: string): Promise<OrderHub> {
  const hubs = orderHubs(options);
  const [only] = hubs;
  return options.at !== undefined && only !== undefined ? only : await hubOf(hubs, service);
}

function tell(outcome: Outcome, { json }: Asking): void {
  if (!outcome.ok) process.exitCode = 1;
  print({ json }, outcome, oneLine(outcome.text));
}

function print({ json }: Pick<Asking, "json">, value: unknown, text: string): void {
  process.stdout.write(`${json ? JSON.stringify(value) : text}\n`);
}

function minutes(text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new InvalidArgumentError("a number of minutes above 0");
}
