import { expect, it } from "vitest";
import { Fold } from "../../../hub/core/fold/fold.ts";
import { Refused } from "../../../hub/core/refused.ts";
import { OwnMetrics, type OwnMetricsSources } from "../../../hub/http/own-metrics.ts";

it("asks for the view of the fleet once a scrape, and for the ledger once, and anew at the next one", async () => {
  const asked = { fleet: 0, ledger: 0 };
  const line = { origin: "mainpc", stream: "metrics", stored: 7, copied: 7, pending: 0, missing: 0, duplicates: 0 };
  const view = {
    fleet: () => {
      asked.fleet++;
      return { machines: {}, satellites: {}, agents: [], metrics: { groups: asked.fleet, series: 3 } };
    },
    ledger: () => {
      asked.ledger++;
      return { lines: [line], clientTotals: { clients: 2, missing: 0, duplicates: 0 }, unnumbered: { mainpc: 5 } };
    },
    sync: () => ({ state: "in-sync", uncopied: 0 }),
    scrapes: () => [],
  };
  const none = () => 0;
  const sources = {
    ...{ view, queuedRecords: none, damages: none, pushgatewayPending: none, pushgatewayRejected: none },
    ...{
      pushgatewayAdopted: none,
      pushgatewayPutBack: none,
      eventListeners: none,
      clientHoles: none,
      starts: () => [],
    },
    snapshots: () => ({ written: 0, purged: 0, durationMs: 0, bytes: 0, ageMs: 0 }),
    services: () => [],
    alerts: () => [],
    objectives: { view: () => ({ objectives: [] }) },
    documents: { count: 0, peerLag: 0, valueOf: () => undefined },
    notify: { channels: () => [], dropped: none, silences: none, clockOffsetMs: none, deadMansSwitchSaidAtMs: none },
    denied: {},
    remoteWrite: { targets: () => [], queueBytes: none, skipped: none },
    limits: new Fold().admission,
    refused: new Refused(),
    connections: { open: 0, refused: 0 },
    refusedReaders: { metrics: 0, json: 2, listeners: 0 },
    suppressedLines: () => 3,
    certificates: { ends: () => [], turnedAway: undefined },
    folder: "/",
  } as unknown as OwnMetricsSources; // what a scrape reads of them
  const metrics = new OwnMetrics(sources);
  const first = await metrics.text();
  expect(asked).toEqual({ fleet: 1, ledger: 1 });
  expect(first).toContain('tandem_ledger_stored_records{origin="mainpc",stream="metrics"} 7');
  expect(first).toContain("tandem_groups 1\n");
  expect(first).toContain('tandem_http_refused_requests_total{why="json"} 2\n');
  expect(first).toContain("tandem_log_suppressed_lines_total 3\n");
  await new Promise(setImmediate);
  expect(await metrics.text()).toContain("tandem_groups 2\n");
  expect(asked).toEqual({ fleet: 2, ledger: 2 });
});
