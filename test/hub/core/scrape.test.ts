import { describe, expect, it } from "vitest";
import type { Candidate } from "../../../hub/core/fold/fold.ts";
import { Fold } from "../../../hub/core/fold/fold.ts";
import { readScrape, type ScrapeAnswer, type ScrapeSource, scrapeExpiryMs } from "../../../hub/core/scrape.ts";

const source: ScrapeSource = {
  agent: "Planner",
  machine: "mainpc",
  port: 17_200,
  intervalMs: 15_000,
  deadlineMs: 5_000,
};
const plain: ScrapeAnswer = { status: 200, mediaType: "text/plain", location: undefined, text: "" };

function read(answer: Partial<ScrapeAnswer>, fold = new Fold(), from = source) {
  return readScrape(from, { ...plain, ...answer }, (push) => fold.check(push), fold.admission.limits);
}

function stored(fold: Fold, answer: Partial<ScrapeAnswer>, from = source): void {
  const reading = read(answer, fold, from);
  if (!reading.ok) throw new Error(reading.reason);
  fold.apply({ ...reading.push, at: { wallMs: 1, counter: 0 } }, "mainpc");
}

describe("a scrape that brought metrics", () => {
  it("is a PUT of the agent's place, which lives for three intervals and a deadline", () => {
    expect(read({ text: "up 1\n" })).toEqual({
      ok: true,
      samples: 1,
      push: {
        kind: "push",
        op: "put",
        group: [
          ["job", "Planner"],
          ["instance", "mainpc:17200"],
          ["machine", "mainpc"],
        ],
        body: "up 1\n",
        expiresAfterMs: 50_000,
      },
    });
    expect(scrapeExpiryMs({ ...source, intervalMs: 1_000, deadlineMs: 500 })).toBe(3_500);
  });

  it("overrides what the agent says of job, instance and machine, as a push does", () => {
    const fold = new Fold();
    stored(fold, { text: 'up{job="own",machine="moon",instance="x",shard="1"} 1\n' });
    expect(fold.metricsText()).toContain('up{instance="mainpc:17200",job="Planner",machine="mainpc",shard="1"} 1\n');
  });

  it("stands beside what the agent pushes itself, and beside the agent of its name on the other machine", () => {
    const fold = new Fold();
    const group: Candidate["group"] = [
      ["job", "Planner"],
      ["machine", "mainpc"],
    ];
    fold.apply({ kind: "push", op: "put", group, body: "up 1\n", at: { wallMs: 1, counter: 0 } }, "mainpc");
    stored(fold, { text: "up 2\n" });
    stored(fold, { text: "up 3\n" }, { ...source, machine: "pc2" });
    expect(fold.groupCount).toBe(3);
    expect(fold.metricsText().match(/^up\{.*$/gm)).toHaveLength(3);
  });

  it("drops timestamps, which a push may not have", () => {
    expect(read({ text: "up 1 1700000000000\n" })).toMatchObject({ ok: true, push: { body: "up 1\n" } });
  });

  it("is read without a media type too", () => {
    expect(read({ mediaType: "", text: "up 1\n" })).toMatchObject({ ok: true });
  });
});

describe("a failed scrape says what came:", () => {
  const page = "<!DOCTYPE html>\n<html><head><title>500 Internal Server Error</title></head><body>x</body></html>";
  it.each<[string, Partial<ScrapeAnswer>, string]>([
    [
      "an HTML page",
      { mediaType: "text/html", text: page },
      "an HTML page came with status 200: 500 Internal Server Error",
    ],
    [
      "an HTML page that calls itself text",
      { text: "\n<html><body><h1>Oops</h1> try later</body></html>" },
      "an HTML page came with status 200: Oops try later",
    ],
    ["metrics that call themselves a page", { mediaType: "text/html", text: "up 1\n" }, "an HTML page came with"],
    [
      "a text error",
      { text: "Internal Server Error\n" },
      'text that is no metrics came with status 200, line 1: Internal Server Error (the value must be a number, got "Server")',
    ],
    [
      "an error behind good lines",
      { text: "up 1\nTraceback (most recent call last):\n" },
      "text that is no metrics came with status 200, line 2: Traceback (most recent call last):",
    ],
    ["a text that was cut off", { text: "up 1\nrequests_to" }, "text that is no metrics came with status 200, line 2:"],
    [
      "JSON",
      { mediaType: "application/json", text: '{"detail": "no"}' },
      'JSON came with status 200: {"detail": "no"}',
    ],
    ["JSON that calls itself text", { text: '{"detail": "no"}' }, "JSON came with status 200:"],
    ["nothing", { text: " \n" }, "nothing came with status 200"],
    ["comments alone", { text: "# HELP up Is it?\n" }, "a text without any metric came with status 200"],
    [
      "OpenMetrics",
      { mediaType: "application/openmetrics-text", text: "up 1\n# EOF\n" },
      "application/openmetrics-text came, but text/plain was asked for",
    ],
    [
      "a media type of a thousand characters",
      { mediaType: `application/openmetrics-${"x".repeat(1_000)}`, text: "up 1\n" },
      `application/openmetrics-${"x".repeat(55)}… came, but text/plain was asked for`,
    ],
    ["status 404", { status: 404, text: "not\nhere" }, "HTTP 404 came: not here"],
    ["status 503 without a word", { status: 503 }, "HTTP 503 came"],
    ["a redirect", { status: 302, location: "/login" }, "a redirect to /login came, and none is followed"],
    [
      "names that are the hub's own",
      { text: "tandem_groups 1\n" },
      "its metrics are refused: tandem_groups: names that start with tandem_ are the hub's own; rename the metric",
    ],
    [
      "series that only a label of the group's tells apart",
      { text: 'up{job="a"} 1\nup{job="b"} 2\n' },
      "its metrics are refused: up: two series with the same labels",
    ],
  ])("%s", (_, answer, reason) => {
    const reading = read(answer);
    expect(reading.ok).toBe(false);
    expect("reason" in reading && reading.reason).toContain(reason);
  });

  it("a type that contradicts another group's, which stays as it was", () => {
    const fold = new Fold();
    stored(fold, { text: "# TYPE queue gauge\nqueue 1\n" });
    const other = { ...source, agent: "Tutor" };
    expect(read({ text: "# TYPE queue counter\nqueue 2\n" }, fold, other)).toEqual({
      ok: false,
      reason:
        'its metrics are refused: queue is of type counter in this push, but of type gauge in the group job="Planner",instance="mainpc:17200",machine="mainpc"',
    });
  });

  it("80 characters of a long page, on one line", () => {
    const reading = read({ status: 500, text: "all\nis lost ".repeat(1_000) });
    expect("reason" in reading && reading.reason.length).toBe("HTTP 500 came: ".length + 80);
  });
});
