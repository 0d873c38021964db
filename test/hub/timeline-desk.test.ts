import { expect, it } from "vitest";
import type { Batch } from "../../hub/core/record.ts";
import type { TimelineEntry } from "../../hub/http/timeline-json.ts";
import { TimelineView } from "../../hub/http/timeline-json.ts";
import { createLog } from "../../hub/io/log.ts";
import { TimelineDesk } from "../../hub/timeline-desk.ts";
import { smallConfig } from "./small-config.ts";

const dayMs = 86_400_000;

function open() {
  const now = { live: false, ms: 10 * dayMs };
  const entries: TimelineEntry[] = [];
  const alerts: number[] = [];
  const desk = new TimelineDesk({
    config: smallConfig(),
    isLive: () => now.live,
    onEntry: (entry) => entries.push(entry),
    onAlerts: () => alerts.push(entries.length),
    log: createLog("test", () => {}),
    nowMs: () => now.ms,
  });
  return { desk, now, entries, alerts };
}

const batch = (firstSeq: number, wallMs: number, name = "hub-lost"): Batch => {
  const word = {
    kind: "alert",
    at: { wallMs, counter: 0 },
    severity: "resolved",
    name,
    subject: "pc2",
    message: "m",
  } as const;
  return { v: 1, origin: "pc2", incarnation: "i", firstSeq, records: [word] };
};

it("what is read back is told to nobody, what comes then to the pages at once, and an alert with the list of those that stand", () => {
  const { desk, now, entries, alerts } = open();
  desk.take(batch(1, now.ms));
  now.live = true;
  desk.take(batch(1, now.ms));
  desk.take(batch(2, now.ms, "hub-started"));
  expect([entries.map(({ id, kind }) => `${id} ${kind}`), alerts]).toEqual([["pc2:i:2 hub"], []]);
  desk.take(batch(3, now.ms));
  expect([entries.length, alerts]).toEqual([2, [2]]);
});

it("tells nothing from before its start while the streams are read, and says so", () => {
  const { desk, now } = open();
  now.ms += dayMs;
  desk.start();
  desk.take(batch(1, now.ms - 1));
  desk.take(batch(2, now.ms));
  const view = TimelineView.parse(desk.view({ limit: 10 }));
  expect([view.reachesBackTo, view.entries.map(({ id }) => id)]).toEqual([view.now, ["pc2:i:2"]]);
});

it("maintenance is open that a hub of this machine began, and that neither hub has told the end of since", () => {
  const { desk, now } = open();
  const told = (origin: string, firstSeq: number, ...words: [name: string, subject: string][]) => {
    const records = words.map(([name, subject], i) => ({
      kind: "alert" as const,
      at: { wallMs: now.ms + firstSeq + i, counter: 0 },
      severity: "resolved" as const,
      name: `maintenance-${name}`,
      subject,
      message: `${subject} ${firstSeq + i}`,
    }));
    desk.take({ v: 1, origin, incarnation: "i", firstSeq, records });
  };
  told("mainpc", 1, ["begun", "a"], ["ended", "a"], ["begun", "a"], ["begun", "a"], ["begun", "b"], ["begun", "c"]);
  told("mainpc", 7, ["ended", "b"]);
  told("pc2", 8, ["ended", "c"], ["begun", "d"]);
  expect(desk.openMaintenance().map(({ text }) => text)).toEqual(["a 4"]);
});
