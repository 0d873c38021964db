/** `tandem objectives`: what availability is promised, what of it was kept, and what is left of each error budget. */
import type { Command } from "commander";
import { ObjectivesView, objectivesPath } from "../hub/http/objectives-json.ts";
import { askingHubs, type HubsAsked, hubUrls } from "./ledger/hubs.ts";
import { type Asked, exitCode, toText } from "./objectives/table.ts";
import { askHub } from "./site/ask-hub.ts";

interface ObjectivesOptions extends HubsAsked {
  json: boolean;
}

export function registerObjectives(program: Command): void {
  askingHubs(program.command("objectives"))
    .description(
      "what availability is promised of the pair and of each service with a route, what was kept of it, what is left of " +
        "each error budget and how fast it burns, by whichever hub answers; ends with 1 when one burns or is used up, " +
        "with 2 when no hub answers",
    )
    .option("--json", "print one JSON object with what each hub says", false)
    .addHelpText("after", "\nExample:\n  $ tandem objectives --hub http://192.0.2.10:9000 http://192.0.2.20:9100")
    .action(objectives);
}

async function objectives(options: ObjectivesOptions): Promise<void> {
  const asked = await Promise.all(hubUrls(options).map(ask));
  process.exitCode = exitCode(asked);
  const hubs = asked.map(({ url, view }) => ({ url, objectives: view?.objectives ?? null }));
  const text = options.json ? JSON.stringify({ exitCode: exitCode(asked), hubs }) : toText(asked);
  process.stdout.write(`${text}\n`);
}

async function ask(url: string): Promise<Asked> {
  return { url, view: await askHub(`${url}${objectivesPath}`, ObjectivesView) };
}
