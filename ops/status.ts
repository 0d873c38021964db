/** `tandem status`: how the pair is, on one screen, by the word of whichever hub answers. */
import type { Command } from "commander";
import { askingHubs, type HubsAsked, hubUrls } from "./ledger/hubs.ts";
import { askStatus } from "./status/ask.ts";
import { statusText } from "./status/text.ts";
import { statusOf } from "./status/view.ts";
import { look, redraw } from "./watch.ts";

interface StatusOptions extends HubsAsked {
  json: boolean;
  watch: boolean;
}

export function registerStatus(program: Command): void {
  askingHubs(program.command("status"))
    .description(
      "how both machines, their copies, services and agents are, by whichever hub answers; ends with 0 when all is well, " +
        "with 1 when something is not, with 2 when no hub answers",
    )
    .option("--json", "print one JSON object, with --watch one a line", false)
    .option("--watch", "ask again every second, until Ctrl-C", false)
    .addHelpText("after", "\nExamples:\n  $ tandem status\n  $ tandem status --watch --hub http://192.0.2.20:9100")
    .action(status);
}

async function status(options: StatusOptions): Promise<void> {
  const urls = hubUrls(options);
  await look(options.watch, async () => {
    const view = statusOf(await Promise.all(urls.map(askStatus)));
    process.exitCode = view.exitCode;
    const text = options.json ? JSON.stringify(view) : `${redraw(options.watch)}${statusText(view)}`;
    process.stdout.write(`${text}\n`);
  });
}
