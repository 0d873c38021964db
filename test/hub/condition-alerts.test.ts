import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { ConditionAlerts, type Sight } from "../../hub/condition-alerts.ts";
import { OpenAlerts } from "../../hub/core/open-alerts.ts";
import type { SatelliteVerdict } from "../../hub/core/satellite.ts";
import type { Verdict } from "../../hub/core/verdict.ts";
import type { NewAlert } from "../../hub/io/store-alert.ts";
import { service } from "../ops/services/service.ts";
import { smallConfig } from "./small-config.ts";

let verdicts: Record<string, Verdict>;
let open: OpenAlerts;
let said: string[];
let records: { ready: boolean; missing: number; bytes: number; nearlyFull: string[] };
let worked: string[];
let asks: boolean;
let satellite: SatelliteVerdict;
let contradicted: string[];
let own: Sight[];
let alerts: ConditionAlerts;

const judged = (verdict: Verdict) => ({ verdict, sinceMs: 0, reason: "" });

function note({ severity, name, subject, message }: Omit<NewAlert, "name"> & { name: string }): void {
  said.push(`${severity} ${name} ${subject}`);
  open.note({ kind: "alert", at: { wallMs: Date.now(), counter: said.length }, severity, name, subject, message });
}

beforeEach(() => {
  vi.useFakeTimers();
  [verdicts, open, said, worked, own] = [{}, new OpenAlerts(), [], [], []];
  [asks, satellite, contradicted] = [true, "unknown", []];
  records = { ready: true, missing: 0, bytes: 0, nearlyFull: [] };
  alerts = new ConditionAlerts({
    config: smallConfig(),
    machine: (name) => {
      const [hub, nats, pushgateway] = ["hub", "nats", "pushgateway"].map((part) =>
        judged(verdicts[`${name} ${part}`] ?? "alive"),
      );
      if (!hub || !nats || !pushgateway) throw new Error("three parts");
      const isDead = [hub, nats, pushgateway].every(({ verdict }) => verdict === "dead");
      return { judgement: judged(isDead ? "dead" : "alive"), parts: { hub, nats, pushgateway } };
    },
    satellite: () => satellite,
    records: {
      get ready() {
        return records.ready;
      },
      alerts: open,
      get nearlyFull() {
        return records.nearlyFull;
      },
      ledgerEntries: () => [{ missing: records.missing }],
      get spool() {
        return { bytes: records.bytes, maxBytes: 100 };
      },
    },
    services: () => [service({ name: "Twin", owner: "mainpc" })],
    inMaintenance: (id) => worked.includes(id),
    asks: () => asks,
    ownSights: () => own,
    store: async (alert) => note(alert),
    endedByPeer: (name, subject) => void contradicted.push(`${name} ${subject}`),
    clock: () => Date.now(),
  });
});
afterEach(() => {
  alerts.stop();
  vi.useRealTimers();
});

const pass = (seconds: number) => vi.advanceTimersByTimeAsync(seconds * 1_000);

it("a dead NATS of this machine is an alert after 5 s, and its end when it answers again", async () => {
  verdicts["mainpc nats"] = "dead";
  await pass(4);
  expect(said).toEqual([]);
  await pass(3);
  delete verdicts["mainpc nats"];
  await pass(4);
  expect(said).toEqual(["urgent nats-lost mainpc", "resolved nats-lost mainpc"]);
});

it("of the peer it speaks of the hub alone, and of its servers too while that is dead", async () => {
  verdicts["pc2 pushgateway"] = "dead";
  await pass(10);
  expect(said).toEqual([]);
  verdicts["pc2 hub"] = "dead";
  await pass(10);
  expect(said.toSorted()).toEqual(["urgent hub-lost pc2", "warning pushgateway-lost pc2"]);
});

it("of a machine that is dead as a whole, or in maintenance, no part is told", async () => {
  worked = ["mainpc"];
  for (const part of ["pc2 hub", "pc2 nats", "pc2 pushgateway", "mainpc nats"]) verdicts[part] = "dead";
  await pass(10);
  expect(said).toEqual([]);
});

it("missing records, a spool above one half and a nearly full stream are alerts of this machine, with an end", async () => {
  records = { ready: true, missing: 3, bytes: 51, nearlyFull: ["observability-metrics"] };
  await pass(6);
  expect(said).toEqual([
    "urgent records-missing mainpc",
    "urgent spool-filling mainpc",
    "warning store-nearly-full mainpc",
  ]);
  records = { ready: true, missing: 0, bytes: 50, nearlyFull: [] };
  await pass(6);
  expect(said.slice(3)).toEqual([
    "resolved records-missing mainpc",
    "resolved spool-filling mainpc",
    "resolved store-nearly-full mainpc",
  ]);
});

it("what becomes worse is said anew by its severity, once, and has one end", async () => {
  const sight = (is: Sight["is"], severity?: Sight["severity"]): Sight[] => [
    { name: "certificate-expiring", subject: "mainpc", is, message: "", ...(severity && { severity }) },
  ];
  own = sight("ill", "warning");
  await pass(10);
  own = sight("ill", "urgent");
  await pass(10);
  own = sight("well");
  await pass(10);
  expect(said).toEqual(["warning", "urgent", "resolved"].map((each) => `${each} certificate-expiring mainpc`));
});

it("nothing is said before the records are read back", async () => {
  records = { ...records, ready: false, missing: 3 };
  await pass(10);
  expect(said).toEqual([]);
});

it("what an earlier life of this hub said and nobody sees any more is over 12 s after the start", async () => {
  const urgent = (name: string, subject: string) => note({ severity: "urgent", name, subject, message: "" });
  urgent("machine-lost", "pc2");
  urgent("service-held", "Twin");
  urgent("witness-silent", "mainpc");
  urgent("witness-silent", "pc2");
  urgent("a-newer-hub-s", "mainpc");
  alerts.heard({ type: "alert", severity: "urgent", name: "service-held", subject: "Twin", message: "" });
  await pass(9);
  expect(said.slice(5)).toEqual([]);
  await pass(5);
  expect(said.slice(5)).toEqual(["resolved machine-lost pc2", "resolved witness-silent mainpc"]);
});

it("a switchover that was given up is told until the service moves, or for an hour", async () => {
  const given = { severity: "warning", name: "switchover-given-up", message: "" } as const;
  // Of a move before it nothing follows, also at the hub that has not raised it.
  alerts.heard({ type: "moved", service: "Twin", from: "pc2", to: "mainpc", epoch: 4, why: "" });
  note({ ...given, subject: "Twin" });
  note({ ...given, subject: "Other" });
  await pass(60);
  expect(said).toHaveLength(2);
  alerts.heard({ type: "moved", service: "Twin", from: "mainpc", to: "pc2", epoch: 5, why: "" });
  await pass(5);
  expect(said.slice(2)).toEqual(["resolved switchover-given-up Twin"]);
  await pass(3_600);
  expect(said.slice(3)).toEqual(["resolved switchover-given-up Other"]);
});

it("what the peer ends while this hub sees it is said again at once, and counted, and no end that is true is", async () => {
  verdicts["mainpc nats"] = "dead";
  await pass(7);
  note({ severity: "resolved", name: "nats-lost", subject: "mainpc", message: "a lie" });
  await pass(1);
  expect(said).toEqual(["urgent nats-lost mainpc", "resolved nats-lost mainpc", "urgent nats-lost mainpc"]);
  expect(contradicted).toEqual(["nats-lost mainpc"]);
  delete verdicts["mainpc nats"];
  await pass(4);
  expect([said.length, said.at(-1), contradicted.length]).toEqual([4, "resolved nats-lost mainpc", 1]);
});

it("what was said of the peer's servers while its hub was dead is the peer's to end, and begins anew the next time", async () => {
  for (const part of ["hub", "pushgateway"]) verdicts[`pc2 ${part}`] = "dead";
  await pass(7);
  for (const part of ["hub", "pushgateway"]) delete verdicts[`pc2 ${part}`];
  note({ severity: "resolved", name: "pushgateway-lost", subject: "pc2", message: "" });
  await pass(5);
  said = [];
  for (const part of ["hub", "pushgateway"]) verdicts[`pc2 ${part}`] = "dead";
  await pass(4);
  expect([said, contradicted]).toEqual([[], []]);
  await pass(3);
  expect(said.toSorted()).toEqual(["urgent hub-lost pc2", "warning pushgateway-lost pc2"]);
});

it("what is said once is said again too, as long as this hub sees it: a lost machine, a service that is held", async () => {
  const word = (name: "machine-lost" | "service-held", subject: string, severity: NewAlert["severity"]) => {
    const alert = { severity, name, subject, message: "" };
    alerts.said(alert);
    note(alert);
  };
  const lie = (name: string, subject: string) => note({ severity: "resolved", name, subject, message: "a lie" });
  satellite = "dead";
  for (const part of ["hub", "nats", "pushgateway"]) verdicts[`pc2 ${part}`] = "dead";
  word("machine-lost", "pc2", "urgent");
  word("machine-lost", "nas", "urgent");
  word("service-held", "Twin", "urgent");
  await pass(7);
  said = [];
  for (const [name, subject] of [
    ["machine-lost", "pc2"],
    ["machine-lost", "nas"],
    ["service-held", "Twin"],
  ] as const)
    lie(name, subject);
  await pass(1);
  const again = ["machine-lost pc2", "machine-lost nas", "service-held Twin"];
  expect(said.slice(3)).toEqual(again.map((key) => `urgent ${key}`));
  expect(contradicted).toEqual(again);

  // The peer asks the satellite now, the machine is being worked on, and the failover has taken its word back.
  [asks, worked] = [false, ["pc2"]];
  word("service-held", "Twin", "resolved");
  lie("machine-lost", "nas");
  lie("machine-lost", "pc2");
  said = [];
  await pass(10);
  expect([said, contradicted.length]).toEqual([[], 3]);
});
