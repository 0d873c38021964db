import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { TimelineEntry } from "../../../hub/http/timeline-json.ts";
import { registerTimeline } from "../../../ops/timeline.ts";
import { until } from "../../support/until.ts";
import { runCommand } from "../run-command.ts";

const entry = (id: string, at: string, change: Partial<TimelineEntry> = {}): TimelineEntry => ({
  id,
  at: `2026-05-12T14:${at}.000Z`,
  origin: id.split(":")[0] ?? "",
  kind: "alert",
  tone: "trouble",
  name: "hub-lost",
  subject: "pc2",
  text: "the hub of pc2 is dead",
  ...change,
});

describe("tandem timeline", () => {
  let hubs: Server[];
  let urls: string[];
  let asked: URLSearchParams[];
  let entries: TimelineEntry[][];
  let reachesBackTo: string;

  beforeEach(async () => {
    [hubs, urls, asked, entries] = [[], [], [], [[], []]];
    reachesBackTo = "2026-05-05T14:00:00.000Z";
    for (const [i, machine] of ["mainpc", "pc2"].entries()) {
      const hub = createServer((request, response) => {
        const url = new URL(request.url ?? "", "http://hub");
        if (url.pathname !== "/api/v1/timeline") return void response.writeHead(404).end();
        asked.push(url.searchParams);
        response.end(JSON.stringify({ machine, now: "", reachesBackTo, entries: entries[i] }));
      });
      await new Promise<void>((resolve) => hub.listen(0, "127.0.0.1", resolve));
      hubs.push(hub);
      urls.push(`http://127.0.0.1:${(hub.address() as AddressInfo).port}`); // it listens on TCP
    }
  });
  afterEach(() => {
    for (const hub of hubs) {
      hub.close();
      hub.closeAllConnections();
    }
  });

  const run = (...args: string[]) => runCommand(registerTimeline, ["timeline", ...args, "--hub", ...urls]);
  const since = ["--since", "2026-05-12T14:00:00Z"];

  it("lists what either hub tells, each once, the newest last", async () => {
    const lost = entry("mainpc:i:1", "33:10");
    const over = entry("mainpc:i:2", "34:00", { kind: "resolved", tone: "well", text: "it answers again" });
    const moved = { kind: "move", tone: "note", name: "service-moved", subject: "Twin", text: "to mainpc" } as const;
    entries = [
      [over, lost],
      [entry("pc2:i:9", "33:11", moved), lost],
    ];
    const { code, stdout } = await run(...since);
    expect([code, stdout.split("\n").map((line) => line.replaceAll(/ +/g, " "))]).toEqual([
      0,
      [
        "2026-05-12 14:33:10Z !! mainpc alert hub-lost pc2: the hub of pc2 is dead",
        "2026-05-12 14:33:11Z pc2 move service-moved Twin: to mainpc",
        "2026-05-12 14:34:00Z ok mainpc over hub-lost pc2: it answers again",
        "",
      ],
    ]);
  });

  it("is one line an event, and lets no word of a record steer the terminal", async () => {
    entries = [
      [entry("mainpc:i:1", "33:10", { subject: "pc\u001b[2J2", text: "one\r\n  two\u0007\u009b31m three" })],
      [],
    ];
    const { stdout } = await run(...since);
    expect(stdout).toMatch(/hub-lost pc \[2J2: one two 31m three\n$/);
  });

  it("asks for the span and the kinds that are wanted, and prints one JSON object", async () => {
    entries = [[entry("mainpc:i:1", "33:10")], []];
    const { stdout } = await run("--since", "2h", "--kind", "alert", "move", "--json");
    expect(JSON.parse(stdout)).toMatchObject({
      exitCode: 0,
      hubs: [{ url: urls[0] }, {}],
      entries: [{ id: "mainpc:i:1" }],
    });
    const [query] = asked;
    expect([query?.get("kind"), query?.get("limit")]).toEqual(["alert,move", "5000"]);
    expect(Date.now() - Date.parse(query?.get("since") ?? "")).toBeGreaterThanOrEqual(7_200_000);
  });

  it("says that nothing happened, from when on a hub tells, and who did not answer; ends with 2 when none does", async () => {
    reachesBackTo = "2026-05-12T14:30:00.000Z";
    hubs[1]?.close();
    const some = await run(...since);
    expect([some.code, some.stdout]).toEqual([
      0,
      `nothing happened\nmainpc tells nothing from before 2026-05-12 14:30:00Z\nno answer from ${urls[1]}\n`,
    ]);
    hubs[0]?.close();
    expect((await run()).code).toBe(2);
  });

  it("follows with what comes, once, also what is older than what was told", async () => {
    entries = [[entry("mainpc:i:2", "34:00")], []];
    const ended = run(...since, "--follow", "--json");
    await until("the first look", () => asked.length >= 2);
    entries = [[entry("mainpc:i:2", "34:00")], [entry("pc2:i:1", "33:00")]];
    await until("a look after that", () => asked.length >= 6);
    process.emit("SIGINT");
    const ids = (await ended).stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line).id);
    expect(ids).toEqual(["mainpc:i:2", "pc2:i:1"]);
  });

  it("refuses a time and a kind that are none", async () => {
    await expect(run("--since", "soon")).rejects.toThrow();
    await expect(run("--kind", "notified")).rejects.toThrow();
  });
});
