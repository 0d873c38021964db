/** `tandem runbook`: lists the runbooks, or prints one with what the alert that stands and the pair say filled in. */
import type { Command } from "commander";
import { nearestId } from "../fleet/nearest.ts";
import type { AlertView } from "../hub/http/api.ts";
import { OperatorError } from "./error.ts";
import { askingHubs, type HubsAsked } from "./ledger/hubs.ts";
import { type Found, findFacts } from "./runbook/facts.ts";
import { fill, type Values, valuesOf } from "./runbook/placeholders.ts";
import { commandsAt, type Runbook, readRunbooks } from "./runbook/read.ts";
import { age, listText, runbookText } from "./runbook/show.ts";

interface RunbookOptions extends HubsAsked {
  subject?: string;
  json: boolean;
}

/** The text is shown all the same. */
const noHubAnswers = 2;

export function registerRunbook(program: Command): void {
  askingHubs(program.command("runbook"))
    .argument(
      "[name]",
      "an alert's name or a procedure's; all are listed without it, those whose alert stands marked with !",
    )
    .description("what to do about an alert, with the values of the one that stands, or how something is done")
    .option(
      "--subject <subject>",
      "which one, when several alerts of that name stand; of a procedure the machine that it is for",
    )
    .option("--json", "print one JSON object", false)
    .addHelpText(
      "after",
      "\nExamples:\n  $ tandem runbook\n  $ tandem runbook agent-unhealthy --subject pc2/TutorAgent\n" +
        "\nEnds with 0 when a hub answers, whatever stands; with 1 when there is no runbook of that name; with 2 when no hub answers,\nand shows the text with its placeholders then.",
    )
    .action(runbook);
}

async function runbook(name: string | undefined, options: RunbookOptions): Promise<void> {
  const all = readRunbooks();
  const chosen = name === undefined ? undefined : named(all, name);
  const found = await findFacts(options);
  if (found.silent !== "") process.exitCode = noHubAnswers;
  if (chosen === undefined) {
    list(all, found, options);
    return;
  }
  const standing = found.alerts.filter((alert) => alert.name === chosen.name);
  const alert = pick(standing, options.subject, chosen.name);
  // Without an alert it is filled as if one stood for that.
  const wanted = options.subject === undefined ? undefined : { subject: options.subject };
  const filled = fillRunbook(chosen, valuesOf(alert ?? wanted, found.facts));
  if (!options.json) {
    print(runbookText(filled, found.place, standingText(chosen, alert, standing, found.silent)));
    return;
  }
  const sections = filled.sections.map(({ title, steps }) => ({
    title,
    steps: steps.map((step) => ({ ...step, commands: commandsAt(step, found.place) })),
  }));
  const { place = null, silent } = found;
  printJson({ ...filled, sections, place, alert: alert ?? null, standing, silent });
}

function list(all: readonly Runbook[], { alerts, silent }: Found, { json }: RunbookOptions): void {
  if (!json) {
    print([listText(all, alerts, Date.now()), ...(silent === "" ? [] : ["", silent])].join("\n"));
    return;
  }
  const runbooks = all.map(({ name, kind, summary }) => ({
    name,
    kind,
    summary,
    standing: alerts.filter((alert) => alert.name === name),
  }));
  printJson({ runbooks, silent });
}

function named(all: readonly Runbook[], name: string): Runbook {
  const exact = all.find((runbook) => runbook.name === name);
  if (exact !== undefined) return exact;
  const names = all.map((runbook) => runbook.name);
  const near = [...new Set([nearestId(name, names) ?? [], names.filter((other) => other.includes(name))].flat())];
  const next =
    near.length === 0 ? "tandem runbook lists all" : `Did you mean ${near.join(" or ")}? tandem runbook lists all`;
  throw new OperatorError("runbook.unknown", `there is no runbook ${name}`, next);
}

/** The one that has stood longest, unless another one is named. */
function pick(standing: readonly AlertView[], subject: string | undefined, name: string): AlertView | undefined {
  if (subject === undefined) return standing.toSorted((a, b) => (a.since < b.since ? -1 : 1))[0];
  const found = standing.find((alert) => alert.subject === subject);
  if (found !== undefined || standing.length === 0) return found;
  const next = `It stands for ${standing.map((alert) => alert.subject).join(", ")}`;
  throw new OperatorError("runbook.subject", `no alert ${name} stands for ${subject}`, next);
}

function standingText(
  { kind }: Runbook,
  alert: AlertView | undefined,
  standing: readonly AlertView[],
  silent: string,
): string {
  if (silent !== "") return `${silent}: what stands in braces is to be filled in by hand`;
  if (kind === "procedure")
    return "What stands in braces is to be filled in by hand, or by --subject with a machine's name";
  if (alert === undefined) return "This alert does not stand now: what stands in braces is to be filled in by hand";
  const others = standing.filter((other) => other !== alert).map(({ subject }) => subject);
  const more = others.length === 0 ? "" : `\nIt stands for ${others.join(", ")} too: --subject`;
  return `Stands for ${alert.subject}, for ${age(Date.now() - Date.parse(alert.since))}: ${alert.message}${more}`;
}

function fillRunbook(runbook: Runbook, values: Values): Runbook {
  const sections = runbook.sections.map(({ title, steps }) => ({
    title,
    steps: steps.map(({ says, commands }) => ({
      says: fill(says, values),
      commands: commands.map(({ only, text }) => ({ only, text: fill(text, values) })),
    })),
  }));
  return { ...runbook, summary: fill(runbook.summary, values), sections };
}

const print = (text: string) => void process.stdout.write(`${text}\n`);
const printJson = (value: object) => print(JSON.stringify({ exitCode: process.exitCode ?? 0, ...value }));
