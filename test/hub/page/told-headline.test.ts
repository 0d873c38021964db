import { describe, expect, it } from "vitest";
import { headlineOf } from "../../../hub/page/headline.ts";
import { ago, fleetView, kill, ledgerView } from "./fixture.ts";
import { alert, servicesView, silence, takenOver } from "./sections-fixture.ts";

const headline = (news: Parameters<typeof headlineOf>[1]) =>
  headlineOf(fleetView(), { ledger: ledgerView(), services: servicesView(), ...news });

const witness = alert("witness-silent", "nas", "The witness at nas:4224 does not answer.", {
  severity: "warning",
  since: ago(600_000),
  impact: "Single writers stay where they are.",
});

describe("the headline told of alerts", () => {
  it("is not that all is well while a warning stands that the fleet does not show", () => {
    const { level, title, details } = headline({ alerts: [witness] });
    expect(level).toBe("watch");
    expect(title).toBe("The witness at nas:4224 does not answer, since 13:53:34 (10 min)");
    expect(details).toEqual(["Single writers stay where they are."]);
  });

  it("says nothing twice: what the fleet shows is told from the fleet", () => {
    const lost = alert("machine-lost", "mainpc", "Hub, NATS and Pushgateway of mainpc do not answer");
    const { title, details } = headlineOf(kill(fleetView(), "mainpc"), { ledger: ledgerView(), alerts: [lost] });
    expect(title).toContain("mainpc is dead since 14:03:22");
    expect(details.join(" ")).not.toContain("do not answer, since");
  });

  it("tells that records are missing on the other machine, of which this hub's ledger does not know", () => {
    const missing = alert("records-missing", "mainpc", "12 records are missing on mainpc");
    const { level, title } = headline({ alerts: [missing] });
    expect(level).toBe("trouble");
    expect(title).toBe("12 records are missing on mainpc, since 14:03:22 (12 s)");
    const own = alert("records-missing", "pc2", "12 records are missing on pc2");
    const here = headline({ ledger: { ...ledgerView(), missing: 12 }, alerts: [own] });
    expect(here.title).toBe("12 records are missing");
    expect(here.details.join(" ")).not.toContain("on pc2");
  });

  it("stays well while the only alert is silenced, and says so", () => {
    const { level, details } = headline({ alerts: [witness], silences: [silence("witness-silent nas")] });
    expect(level).toBe("well");
    expect(details.at(-1)).toBe("witness-silent of nas stands and is silenced.");
    expect(headline({ alerts: [witness], silences: [silence("witness-silent pc2")] }).level).toBe("watch");
  });
});

describe("the headline told of services", () => {
  it("says after a takeover for how many the other machine acts, and for which nobody does", () => {
    const fleet = kill(fleetView(), "mainpc");
    const { title, details } = headlineOf(fleet, { ledger: ledgerView(), services: takenOver(servicesView()) });
    expect(title).toContain("mainpc is dead");
    const text = details.join(" ");
    expect(text).toContain("Nobody acts for RequestCoordinator: the witness does not answer");
    expect(text).toContain("pc2 acts for 12 services away from home: ServiceRegistry, ");
    expect(text).toContain("and 7 more.");
  });

  it("is to be watched while one service is away or moves, and well when all are at home", () => {
    const [first, ...rest] = servicesView();
    if (first === undefined) throw new Error("the fleet has services");
    expect(headline({}).level).toBe("well");
    expect(headline({ services: [{ ...first, state: "away", owner: "pc2" }, ...rest] }).title).toBe(
      "pc2 acts for ServiceRegistry",
    );
    expect(headline({ services: [{ ...first, state: "moving" }, ...rest] }).title).toBe(
      "ServiceRegistry is being moved",
    );
  });
});
