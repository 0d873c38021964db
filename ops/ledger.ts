/** `tandem ledger`: asks the hubs what each machine holds of each origin's records, and whether anything is missing. */
import type { Command } from "commander";
import { ask } from "./client/hub-client.ts";
import { askingHubs, type HubsAsked, hubUrls } from "./ledger/hubs.ts";
import { type Asked, exitCode, toText } from "./ledger/table.ts";
import { look, redraw } from "./watch.ts";

interface LedgerOptions extends HubsAsked {
  json: boolean;
  watch: boolean;
}

export function registerLedger(program: Command): void {
  askingHubs(program.command("ledger"))
    .description(
      "ask both hubs what is stored, copied, pending and missing, per origin and stream; ends with 1 when anything is " +
        "missing, with 2 when no hub answers",
    )
    .option("--json", "print one JSON object, with --watch one a line", false)
    .option("--watch", "ask again every second, until Ctrl-C", false)
    .addHelpText("after", "\nExample:\n  $ tandem ledger --hub http://192.0.2.10:9000 http://192.0.2.20:9100")
    .action(ledger);
}

async function ledger(options: LedgerOptions): Promise<void> {
  const urls = hubUrls(options);
  await look(options.watch, async () => {
    const asked = await Promise.all(urls.map(askOne));
    process.exitCode = exitCode(asked);
    print(asked, options);
  });
}

async function askOne(url: string): Promise<Asked> {
  return { url, ledger: await ask(url, "getLedger", {}) };
}

function print(asked: Asked[], { json, watch }: LedgerOptions): void {
  if (json) {
    const hubs = asked.map(({ url, ledger: view }) => ({ url, ledger: view ?? null }));
    return void process.stdout.write(`${JSON.stringify({ exitCode: exitCode(asked), hubs })}\n`);
  }
  process.stdout.write(`${redraw(watch)}${toText(asked)}\n`);
}
