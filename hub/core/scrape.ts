/** Turns what an agent answered to a scrape into the push of a group that goes stale with its agent, or says why it cannot. */
import { parseExposition } from "./exposition/parse.ts";
import { boundsOf } from "./exposition/text-bounds.ts";
import { withoutTimestamps } from "./exposition/timestamps.ts";
import type { Candidate, CheckOutcome } from "./fold/fold.ts";
import type { Group } from "./group-path.ts";
import type { PushLimits } from "./push-limits.ts";

/** An HTTP answer as it came, its body inflated. */
export interface ScrapeAnswer {
  status: number;
  /** Media type in lower case, without parameters; empty when none was named. */
  mediaType: string;
  /** Where a redirect leads. */
  location: string | undefined;
  text: string;
}

export interface ScrapeSource {
  agent: string;
  /** Machine that the agent lives on. */
  machine: string;
  /** Port that it serves its metrics at. */
  port: number;
  intervalMs: number;
  deadlineMs: number;
}

export type ScrapeReading = { ok: true; push: Candidate; samples: number } | { ok: false; reason: string };

/** Scrapes that may fail one after the other before the group has expired. */
const missedIntervals = 3;

/**
 * The group is the agent's place, whichever hub scrapes it. `instance` sets it apart from what the agent pushes itself, so that
 * neither replaces the other; the machine tells agents apart that stand on both.
 */
export function scrapeGroup({ agent, machine, port }: ScrapeSource): Group {
  return [
    ["job", agent],
    ["instance", `${machine}:${port}`],
    ["machine", machine],
  ];
}

/** How long what one scrape brought lives without a further one, ms. */
export function scrapeExpiryMs({ intervalMs, deadlineMs }: ScrapeSource): number {
  return missedIntervals * intervalMs + deadlineMs;
}

/**
 * @param check whether the push keeps within the limits and fits what is stored
 * @param limits those of `check`, beyond which the text is not looked at here either
 */
export function readScrape(
  source: ScrapeSource,
  answer: ScrapeAnswer,
  check: (push: Candidate) => CheckOutcome,
  limits: PushLimits,
): ScrapeReading {
  const strange = noMetrics(answer);
  if (strange !== undefined) return { ok: false, reason: strange };
  const bounds = boundsOf(limits);
  const body = withoutTimestamps(answer.text, bounds.seriesPerPush + bounds.commentsPerPush);
  const expiresAfterMs = scrapeExpiryMs(source);
  const push: Candidate = { kind: "push", op: "put", group: scrapeGroup(source), body, expiresAfterMs };
  const checked = check(push);
  if (!checked.ok) {
    const { reason, limit } = checked;
    return { ok: false, reason: limit === undefined ? refusal(body, reason) : `its metrics are refused: ${reason}` };
  }
  if (checked.series === 0) return { ok: false, reason: "a text without any metric came with status 200" };
  return { ok: true, push, samples: checked.series };
}

/** What came, when it is seen to be no metrics without reading it line by line. */
function noMetrics({ status, mediaType, location, text }: ScrapeAnswer): string | undefined {
  if (status >= 300 && status < 400) {
    return `a redirect to ${clip(location ?? "nowhere")} came, and none is followed; name the path itself`;
  }
  if (status !== 200) return `HTTP ${status} came${text.trim() === "" ? "" : `: ${clip(wordsOf(text))}`}`;
  const begin = text.trimStart();
  if (begin === "") return "nothing came with status 200";
  if (mediaType.includes("html") || begin.startsWith("<")) {
    return `an HTML page came with status 200: ${clip(wordsOf(text))}`;
  }
  if (mediaType.endsWith("json") || begin.startsWith("{")) return `JSON came with status 200: ${clip(text)}`;
  if (mediaType.startsWith("application/openmetrics") || mediaType.includes("protobuf")) {
    return `${clip(mediaType)} came, but text/plain was asked for`;
  }
  return undefined;
}

/** A text that is no exposition is mostly an error's message, which then says more than the parser. */
function refusal(body: string, reason: string): string {
  const parsed = parseExposition(body);
  if (parsed.ok) return `its metrics are refused: ${reason}`;
  const line = body.split("\n")[parsed.line - 1] ?? "";
  return `text that is no metrics came with status 200, line ${parsed.line}: ${clip(line)} (${parsed.reason})`;
}

/** Of a page its title, else the text between its tags. */
function wordsOf(text: string): string {
  const start = text.slice(0, 4_096);
  const title = /<title[^>]*>([^<]*)/i.exec(start)?.[1]?.trim();
  return title || start.replace(/<[^>]*>/g, " ");
}

/** The first 80 characters as one line. */
function clip(text: string): string {
  const line = text
    .slice(0, 4_096)
    .replace(/[\s\p{Cc}]+/gu, " ")
    .trim();
  return line.length <= 80 ? line : `${line.slice(0, 79)}…`;
}
