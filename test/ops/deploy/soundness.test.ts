import { describe, expect, it } from "vitest";
import { bufferIn, type HubLook } from "../../../ops/deploy/look.ts";
import { unsoundnessOf } from "../../../ops/deploy/soundness.ts";
import { fleetView, ledgerView } from "../../hub/page/fixture.ts";

describe("a pair", () => {
  const fleet = fleetView("pc2");
  const ledger = ledgerView("pc2");
  const nobody = { fleet: undefined, ledger: undefined, services: undefined };

  it("is sound when both hubs answer, are in sync and miss nothing", () => {
    const look = { fleet, ledger, services: [] };
    expect(
      unsoundnessOf(
        new Map<string, HubLook>([
          ["pc2", look],
          ["mainpc", look],
        ]),
      ),
    ).toEqual([]);
  });

  it("is not when a hub is silent, degraded or misses records", () => {
    const ill = {
      fleet: { ...fleet, sync: { ...fleet.sync, state: "degraded" as const, reason: "the peer is dead" } },
      ledger: { ...ledger, missing: 3 },
      services: [],
    };
    expect(
      unsoundnessOf(
        new Map<string, HubLook>([
          ["pc2", ill],
          ["mainpc", nobody],
        ]),
      ),
    ).toEqual(["pc2 is degraded: the peer is dead", "pc2 misses 3 records", "the hub of mainpc does not answer"]);
  });
});

it("a hub that does not answer is named with the reason, such as a certificate that has ended", () => {
  const nobody = { fleet: undefined, ledger: undefined, services: undefined };
  const looks = new Map<string, HubLook>([
    ["pc2", { ...nobody, why: "certificate has expired" }],
    ["mainpc", { ...nobody, why: "connect ECONNREFUSED 192.0.2.10:9000" }],
  ]);
  expect(unsoundnessOf(looks)).toEqual([
    "the hub of pc2 does not answer: certificate has expired",
    "the hub of mainpc does not answer: connect ECONNREFUSED 192.0.2.10:9000",
  ]);
});

describe("the buffer by a hub's metrics", () => {
  it.each([
    ["tandem_spool_left_seconds 3600.5", 3600.5],
    ["tandem_spool_seconds_left 1800", 1800],
    ["tandem_spool_left_seconds +Inf", Number.POSITIVE_INFINITY],
    ["tandem_spool_left_seconds NaN", undefined],
    ["# HELP tandem_spool_left_seconds For how long", undefined],
  ])("%s is %s s", (line, seconds) => {
    expect(bufferIn(`x 1\n${line}\ny 2\n`)).toBe(seconds);
  });
});
