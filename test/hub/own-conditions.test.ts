import { beforeEach, expect, it } from "vitest";
import type { CertificateSight } from "../../hub/core/certificates.ts";
import type { LimitFill } from "../../hub/core/fold/admission.ts";
import { OwnConditions } from "../../hub/own-conditions.ts";
import { smallConfig } from "./small-config.ts";

let now: number;
let offsetMs: number | undefined;
let failing: Record<string, number | undefined>;
let overdueMs: number;
let certificates: CertificateSight[];
let fills: LimitFill[];
let unkeptMs: number;
let targets: { name: string; lagMs: number; refusingForMs: number }[];
let conditions: OwnConditions;
beforeEach(() => {
  [now, offsetMs, failing, overdueMs, targets, unkeptMs] = [0, 0, { phone: 0 }, 0, [], 0];
  [fills, certificates] = [[], []];
  conditions = new OwnConditions({
    config: smallConfig(),
    channels: () => Object.entries(failing).map(([name, failingForMs]) => ({ name, failingForMs })),
    targets: () => targets,
    unkeptForMs: () => unkeptMs,
    clockOffsetMs: () => offsetMs,
    snapshotOverdueMs: () => overdueMs,
    limits: () => fills,
    certificates: () => certificates,
    clock: () => now,
  });
});

const sight = (name: string) => {
  const found = conditions.sights().find((each) => each.name === name);
  return `${found?.is} ${found?.subject}`;
};

it("a channel that has failed for 10 minutes is ill, before that nothing is said, and all must work for it to be well", () => {
  expect(sight("notifications-failing")).toBe("well mainpc");
  failing = { phone: 599_999, mail: 0 };
  expect(sight("notifications-failing")).toBe("unclear mainpc");
  failing.phone = 600_000;
  expect(sight("notifications-failing")).toBe("ill mainpc");
  expect(conditions.sights()[0]?.message).toBe("mainpc cannot tell alerts to phone");
  failing = { phone: undefined, mail: 0 };
  expect(sight("notifications-failing")).toBe("unclear mainpc");
});

it("a target that is 10 minutes behind, or has refused for so long, is ill, and well again once it is a minute behind and takes what it is sent", () => {
  expect(sight("remote-write-behind")).toBe("well mainpc");
  targets = [
    { name: "near", lagMs: 60_000, refusingForMs: 0 },
    { name: "far", lagMs: 599_999, refusingForMs: 0 },
  ];
  expect(sight("remote-write-behind")).toBe("unclear mainpc");
  targets = targets.map((each) => (each.name === "far" ? { ...each, lagMs: 600_000 } : each));
  expect(sight("remote-write-behind")).toBe("ill mainpc");
  expect(conditions.sights()[1]?.message).toBe("of what mainpc writes elsewhere, far is 10 min behind");
  targets = [{ name: "near", lagMs: 0, refusingForMs: 600_000 }];
  expect(conditions.sights()[1]?.message).toBe("of what mainpc writes elsewhere, near refuses what it is sent");
  targets = [{ name: "near", lagMs: 60_000, refusingForMs: 0 }];
  expect(sight("remote-write-behind")).toBe("well mainpc");
});

it("targets for which nothing could be kept for 10 minutes are ill though nothing waits, and not well before something is kept", () => {
  targets = [{ name: "far", lagMs: 0, refusingForMs: 0 }];
  for (const [ms, is] of [
    [1, "unclear"],
    [599_999, "unclear"],
    [600_000, "ill"],
    [0, "well"],
  ] as const) {
    unkeptMs = ms;
    expect(sight("remote-write-behind")).toBe(`${is} mainpc`);
  }
  unkeptMs = 720_000;
  expect(conditions.sights()[1]?.message).toBe("of what mainpc writes elsewhere, nothing was kept for 12 min");
});

it("clocks that differ by more than 500 ms for 30 s are ill, whichever is before, and a peer that is not heard says nothing", () => {
  for (const far of [501, -501]) {
    offsetMs = far;
    expect(sight("clock-offset")).toBe("unclear pc2");
    now += 29_999;
    expect(sight("clock-offset")).toBe("unclear pc2");
    now += 1;
    expect(sight("clock-offset")).toBe("ill pc2");
    offsetMs = 500;
    expect(sight("clock-offset")).toBe("well pc2");
  }
  offsetMs = undefined;
  expect(sight("clock-offset")).toBe("unclear pc2");
});

it("the machine that comes second leaves the clocks to the first", () => {
  const { machine, peer } = smallConfig();
  const second = new OwnConditions({
    config: smallConfig({ machine: peer, peer: machine }),
    channels: () => [],
    targets: () => [],
    unkeptForMs: () => 0,
    clockOffsetMs: () => 9_000,
    snapshotOverdueMs: () => 0,
    limits: () => [],
    certificates: () => [],
    clock: () => 100_000,
  });
  expect(second.sights().map(({ name }) => name)).toEqual([
    "notifications-failing",
    "remote-write-behind",
    "snapshot-old",
    "limit-nearly-reached",
    "certificate-expiring",
  ]);
});

it("a snapshot that was due for three intervals is ill, and one that is a little late is not", () => {
  overdueMs = 900_000;
  expect(sight("snapshot-old")).toBe("unclear mainpc");
  overdueMs = 900_001;
  expect(sight("snapshot-old")).toBe("ill mainpc");
  overdueMs = 0;
  expect(sight("snapshot-old")).toBe("well mainpc");
});

it("a limit is near at four fifths of it and far again below seven tenths, and of one on each job the job is named", () => {
  const series = (used: number): LimitFill => ({ limit: "series", used, most: 1_000 });
  fills = [series(799)];
  expect(sight("limit-nearly-reached")).toBe("unclear mainpc");
  fills = [series(800), { limit: "seriesPerJob", used: 99, most: 100, job: "Bomber" }];
  expect(sight("limit-nearly-reached")).toBe("ill mainpc");
  expect(conditions.sights().find(({ name }) => name === "limit-nearly-reached")?.message).toBe(
    'series is at 800 of 1000, seriesPerJob of job "Bomber" is at 99 of 100',
  );
  fills = [series(700)];
  expect(sight("limit-nearly-reached")).toBe("unclear mainpc");
  fills = [series(699)];
  expect(sight("limit-nearly-reached")).toBe("well mainpc");
});

it("a certificate with 30 days left is ill as a warning, with 7 it is urgent, and of two the worse one counts", () => {
  const endsIn = (days: number) => ({
    what: `the one of ${days}`,
    endsAtMs: Date.now() + days * 86_400_000 + 60_000,
    complaint: undefined,
    complainedForMs: 0,
  });
  const last = () => conditions.sights().at(-1);
  certificates = [endsIn(31), endsIn(400)];
  expect(last()).toMatchObject({ name: "certificate-expiring", subject: "mainpc", is: "well" });
  certificates = [endsIn(29), endsIn(400)];
  expect(last()).toMatchObject({
    is: "ill",
    severity: "warning",
    message: expect.stringMatching(/^the one of 29 ends in 29 d, on \d{4}-/),
  });
  certificates = [endsIn(29), endsIn(6)];
  expect(last()).toMatchObject({ is: "ill", severity: "urgent" });
  certificates = [endsIn(-2)];
  expect(last()).toMatchObject({ severity: "urgent", message: expect.stringContaining("the one of -2 ended on ") });
});

it("a new certificate that cannot be used for a minute is a warning, and urgent where there is no other", () => {
  const broken = { what: "the hub's", endsAtMs: Date.now() + 1e11, complaint: "no PEM", complainedForMs: 59_999 };
  certificates = [broken];
  expect(sight("certificate-expiring")).toBe("unclear mainpc");
  certificates = [{ ...broken, complainedForMs: 60_000 }];
  const message = "the hub's: no PEM; the one before it is in use";
  expect(conditions.sights().at(-1)).toMatchObject({ is: "ill", severity: "warning", message });
  certificates = [{ ...broken, complainedForMs: 60_000, endsAtMs: undefined }];
  expect(conditions.sights().at(-1)).toMatchObject({ severity: "urgent", message: "the hub's: no PEM; there is none" });
});
