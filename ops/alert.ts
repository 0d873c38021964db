/** `tandem alert`: what stands, where it is sent, whether it arrives there, and what is not to be heard for a while. */
import { userInfo } from "node:os";
import { type Command, InvalidArgumentError, Option } from "commander";
import { z } from "zod";
import { AlertsView } from "../hub/http/api.ts";
import {
  NotificationsView,
  notificationsPath,
  SilenceView,
  silencesPath,
  TestAnswer,
} from "../hub/http/notifications-json.ts";
import { messageOf } from "../hub/io/log.ts";
import { alertsCode, alertsText, channelsCode, channelsText, testText } from "./alert/text.ts";
import { OperatorError } from "./error.ts";
import { askingHubs, hubUrls } from "./ledger/hubs.ts";
import { type HubsOrdered, orderHubs } from "./services/hubs.ts";
import { hubOf, order } from "./services/orders.ts";
import { askHub } from "./site/ask-hub.ts";

interface Asking extends HubsOrdered {
  json: boolean;
}

interface TestOptions extends Asking {
  channel?: string;
  severity: string;
}

interface SilenceOptions extends Asking {
  minutes: number;
  reason: string;
}

const ends = { list: "ends with 1 when one is urgent, with 2 when no hub answers" };

export function registerAlert(program: Command): void {
  const alert = program.command("alert").description("alerts that stand, and how they reach people");
  withHubs(alert.command("list"))
    .description(`what stands, and what is silenced; ${ends.list}`)
    .addHelpText("after", "\nExample:\n  $ tandem alert list")
    .action(list);
  withHubs(alert.command("channels"))
    .description(
      "where each hub sends alerts, what waits, and why; ends with 1 when a channel fails or the dead-man's switch is not reached, 2 when no hub answers",
    )
    .addHelpText("after", "\nExample:\n  $ tandem alert channels --json")
    .action(channels);
  withOrders(alert.command("test"))
    .description("send a marked test by each hub, and say what each channel said; ends with 1 when one did not take it")
    .option("--channel <name>", "this one only")
    .addOption(new Option("--severity <which>", "as what").choices(["warning", "urgent"]).default("warning"))
    .addHelpText("after", "\nExample:\n  $ tandem alert test --channel phone --severity urgent")
    .action(test);
  withOrders(alert.command("silence"))
    .argument("<alert>", "name of the alert")
    .argument("[subject]", "the machine, service or machine/agent that it is about; all without it")
    .description("have nobody told of an alert for a while; it stands and is shown all the same")
    .option("--minutes <n>", "it ends by itself after this, 43200 (30 days) at most", minutes, 60)
    .option("--reason <text>", "why", "silenced")
    .addHelpText(
      "after",
      '\nExample:\n  $ tandem alert silence agent-unhealthy pc2/TutorAgent --minutes 120 --reason "known, INC-7"',
    )
    .action(silence);
  withOrders(alert.command("unsilence"))
    .argument("<alert>")
    .argument("[subject]")
    .description("have people told of it again; what stands is told at once")
    .addHelpText("after", "\nExample:\n  $ tandem alert unsilence agent-unhealthy pc2/TutorAgent")
    .action(unsilence);
}

const withHubs = (command: Command): Command => askingHubs(command).option("--json", "print one JSON object", false);

/** Hubs take orders at a socket of their own machine: to one of a site they are given over SSH, there. */
const withOrders = (command: Command): Command =>
  withHubs(command).option("--at <machine>", "whose hub gets the order (default: the first that answers; test: both)");

async function list(options: Asking): Promise<void> {
  const urls = hubUrls(options);
  const asked = await Promise.all(
    urls.map(async (url) => ({
      url,
      view: await askHub(`${url}/api/v1/alerts`, AlertsView),
      silences: await askHub(`${url}${silencesPath}`, z.array(SilenceView)),
    })),
  );
  // Either hub knows all of both machines, as far as it holds the other's records.
  const first = asked.find(({ view }) => view !== undefined);
  const alerts = first?.view?.alerts;
  const silences = first?.silences ?? [];
  const silent = asked.flatMap(({ url, view }) => (view === undefined ? [url] : []));
  process.exitCode = alertsCode(alerts);
  const value = { exitCode: process.exitCode, alerts: alerts ?? null, silences, silent };
  print(options, value, alertsText(alerts, silences, silent, Date.now()));
}

async function channels(options: Asking): Promise<void> {
  const hubs = await Promise.all(
    hubUrls(options).map(async (url) => ({ url, view: await askHub(`${url}${notificationsPath}`, NotificationsView) })),
  );
  process.exitCode = channelsCode(hubs);
  const value = {
    exitCode: process.exitCode,
    hubs: hubs.map(({ url, view }) => ({ url, ...(view ?? { silent: true }) })),
  };
  print(options, value, channelsText(hubs, Date.now()));
}

/** Each hub has its own way to the channels. */
async function test(options: TestOptions): Promise<void> {
  const { channel, severity } = options;
  const body = { severity, ...(channel === undefined ? {} : { channel }) };
  const what = { method: "POST", path: `${notificationsPath}/test`, body } as const;
  const hubs = orderHubs(options);
  const asked = await Promise.allSettled(hubs.map((hub) => order(hub, what, TestAnswer)));
  const answers = asked.flatMap((each) => (each.status === "fulfilled" ? each.value : []));
  const failed = asked.flatMap((each, i) => {
    if (each.status === "fulfilled") return [];
    const isSilent = each.reason instanceof OperatorError && each.reason.code === "order.unanswered";
    return isSilent ? `no answer from ${hubs[i]?.url}` : messageOf(each.reason);
  });
  process.exitCode = failed.length === 0 && answers.every(({ ok }) => ok) ? 0 : 1;
  const text = [testText(answers), ...failed].filter((line) => line !== "").join("\n");
  print(options, { exitCode: process.exitCode, hubs: answers, failed }, text);
}

async function silence(alert: string, subject: string | undefined, options: SilenceOptions): Promise<void> {
  const target = targetOf(alert, subject);
  const body = { target, minutes: options.minutes, reason: options.reason, by: userInfo().username };
  const view = await order(await hubFor(options), { method: "POST", path: silencesPath, body }, SilenceView);
  print(options, view, `nobody is told of ${view.target} until ${view.until}`);
}

async function unsilence(alert: string, subject: string | undefined, options: Asking): Promise<void> {
  const body = { target: targetOf(alert, subject), by: userInfo().username };
  const view = await order(await hubFor(options), { method: "DELETE", path: silencesPath, body }, SilenceView);
  print(options, view, `people are told of ${view.target} again`);
}

const targetOf = (alert: string, subject?: string): string => (subject === undefined ? alert : `${alert} ${subject}`);

/** A hub whose machine was named gets the order though it may not be asked from here. */
async function hubFor(options: Asking) {
  const hubs = orderHubs(options);
  const [only] = hubs;
  return options.at !== undefined && only !== undefined ? only : await hubOf(hubs);
}

function print({ json }: Pick<Asking, "json">, value: unknown, text: string): void {
  process.stdout.write(`${json ? JSON.stringify(value) : text}\n`);
}

function minutes(text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new InvalidArgumentError("a number of minutes above 0");
}
