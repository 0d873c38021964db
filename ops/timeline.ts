/** `tandem timeline`: what happened at a pair, by the word of both hubs. */
import { type Command, InvalidArgumentError, Option } from "commander";
import { TimelineEntry, TimelineView, timelinePath } from "../hub/http/timeline-json.ts";
import { askingHubs, type HubsAsked, hubUrls } from "./ledger/hubs.ts";
import { askHub } from "./site/ask-hub.ts";
import { entriesOf, entryLines, gapLines, type TimelineAsked, timelineCode } from "./timeline/text.ts";
import { look } from "./watch.ts";

interface TimelineOptions extends HubsAsked {
  /** Wall ms. */
  since: number;
  kind?: string[];
  json: boolean;
  follow: boolean;
}

const dayMs = 86_400_000;
const maxEntries = 5_000;
const unitMs = { s: 1_000, m: 60_000, h: 3_600_000, d: dayMs };

export function registerTimeline(program: Command): void {
  askingHubs(program.command("timeline"))
    .description(
      "what happened, the newest last: alerts, takeovers, starts of hubs, the link, deployments, drills; ends with 2 when no hub answers",
    )
    .option("--since <time>", "how long ago, such as 30m, 2h or 7d, or an instant (default: 24h)", since)
    .addOption(new Option("--kind <name...>", "only these").choices(TimelineEntry.shape.kind.options))
    .option("--json", "print one JSON object, with --follow one a line for each event", false)
    .option("--follow", "go on with what happens, until Ctrl-C", false)
    .addHelpText("after", "\nExamples:\n  $ tandem timeline --since 2h\n  $ tandem timeline --kind alert move --follow")
    .action(timeline);
}

async function timeline(options: Omit<TimelineOptions, "since"> & { since?: number }): Promise<void> {
  const asked = { ...options, since: options.since ?? Date.now() - dayMs };
  const urls = hubUrls(asked);
  if (asked.follow) return await follow(urls, asked);
  const hubs = await askAll(urls, asked);
  process.exitCode = timelineCode(hubs);
  const entries = entriesOf(hubs);
  if (asked.json) return print([JSON.stringify(viewOf(hubs, entries))]);
  const nothing = timelineCode(hubs) === 0 && entries.length === 0 ? ["nothing happened"] : [];
  print([...entryLines(entries), ...nothing, ...gapLines(hubs, asked.since)]);
}

/** What one hub learns later of the other is told when it is known, be it older than what was told before. */
async function follow(urls: readonly string[], options: TimelineOptions): Promise<void> {
  const told = new Set<string>();
  let gaps = "";
  await look(true, async () => {
    const hubs = await askAll(urls, options);
    process.exitCode = timelineCode(hubs);
    const news = entriesOf(hubs).filter(({ id }) => !told.has(id));
    for (const { id } of news) told.add(id);
    if (options.json) return print(news.map((entry) => JSON.stringify(entry)));
    print(entryLines(news));
    const missing = gapLines(hubs, options.since).join("\n");
    if (missing !== gaps && missing !== "") process.stderr.write(`${missing}\n`);
    gaps = missing;
  });
}

async function askAll(urls: readonly string[], options: TimelineOptions): Promise<TimelineAsked[]> {
  const query = new URLSearchParams({ since: new Date(options.since).toISOString(), limit: String(maxEntries) });
  if (options.kind !== undefined) query.set("kind", options.kind.join(","));
  return await Promise.all(
    urls.map(async (url) => ({ url, timeline: await askHub(`${url}${timelinePath}?${query}`, TimelineView) })),
  );
}

const viewOf = (hubs: readonly TimelineAsked[], entries: readonly TimelineEntry[]) => ({
  exitCode: timelineCode(hubs),
  hubs: hubs.map(({ url, timeline: view }) => ({ url, reachesBackTo: view?.reachesBackTo ?? null })),
  entries,
});

function print(lines: readonly string[]): void {
  if (lines.length > 0) process.stdout.write(`${lines.join("\n")}\n`);
}

function since(text: string): number {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)([smhd])$/.exec(text) ?? [];
  const agoMs = Number(amount) * (unitMs[unit as keyof typeof unitMs] ?? Number.NaN); // the expression knows no other
  const ms = Number.isFinite(agoMs) ? Date.now() - agoMs : Date.parse(text);
  if (Number.isFinite(ms) && ms >= 0) return ms;
  throw new InvalidArgumentError("a time such as 30m, 2h or 7d, or an instant such as 2026-05-12T14:33:00Z is wanted.");
}
