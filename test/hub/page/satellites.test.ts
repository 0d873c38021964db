import { describe, expect, it } from "vitest";
import { headlineOf } from "../../../hub/page/headline.ts";
import { renderPage } from "../../../hub/page/render.ts";
import { heard, startState } from "../../../hub/page/state.ts";
import { ago, ail, fleetView, kill, ledgerView, withSatellite } from "./fixture.ts";

const textOf = (html: string) => html.replaceAll(/<[^>]+>/g, " ").replaceAll(/\s+/g, " ");
const dead = { verdict: "dead", since: ago(12_000), reason: "none of its 2 agents answers" } as const;

describe("the headline of a fleet with a satellite", () => {
  it("counts it among the living when all is well", () => {
    const { level, details } = headlineOf(withSatellite(fleetView()), { ledger: ledgerView() });
    expect(level).toBe("well");
    expect(details[0]).toBe("mainpc, nas and pc2 are alive, all 79 agents healthy.");
  });

  it("says that it is dead, since when, and who goes on asking, and nothing of its agents beside", () => {
    const { level, title, details, spoken } = headlineOf(withSatellite(fleetView(), dead));
    expect(level).toBe("trouble");
    expect(title).toBe("nas is dead since 14:03:22 (12 s): none of its 2 agents answers");
    expect(spoken).not.toContain("12 s");
    expect(details).toEqual(["EdgeHub on pc2 goes on asking."]);
  });

  it("comes after a dead machine of the pair, by whose peer it is asked then", () => {
    const fleet = withSatellite(kill(fleetView("mainpc"), "pc2"), { ...dead, askedBy: "mainpc" });
    const { title, details } = headlineOf(fleet);
    expect(title).toContain("pc2 is dead");
    expect(details.join(" ")).toContain("nas is dead since 14:03:22 (12 s)");
  });

  it("is no trouble while it is suspected, or not known yet", () => {
    const suspect = { verdict: "suspect", since: ago(1_000), reason: "its one agent does not answer" } as const;
    expect(headlineOf(withSatellite(fleetView(), suspect)).level).toBe("watch");
    const satellites = { nas: { ...suspect, verdict: "unknown" as const, watchedBy: "pc2", askedBy: "pc2" } };
    expect(headlineOf({ ...fleetView(), satellites }).level).toBe("well");
  });

  it("names a single agent that is ill on one that lives", () => {
    expect(headlineOf(ail(withSatellite(fleetView()), "unhealthy", "no disk", "Archive")).title).toMatch(
      /Archive on nas is unhealthy/,
    );
  });
});

describe("the page of a fleet with a satellite", () => {
  it("has a card with its verdict, who asks and how its agents are, and their tiles, without a script", () => {
    const text = textOf(renderPage(withSatellite(fleetView(), { askedBy: "mainpc" }), ledgerView()));
    expect(text).toMatch(
      /Satellites nas alive since .* Asked by ObservabilityHub on mainpc ?, for pc2 2 agents: 2 healthy/,
    );
    expect(text).toMatch(/nas 2 agents · 2 healthy storage Archive/);
  });

  it("has no such part where there is none", () => {
    expect(textOf(renderPage(fleetView(), ledgerView()))).not.toContain("Satellites");
  });

  it("tells on the card of a dead one why, and lists none of its agents as ill", () => {
    const html = renderPage(withSatellite(fleetView(), dead), ledgerView());
    expect(textOf(html)).toContain("none of its 2 agents answers Asked by EdgeHub on pc2 ");
    expect(html).not.toContain('id="attention-title"');
  });

  it("takes a turn of its verdict as an event", () => {
    const fleet = withSatellite(fleetView());
    const satellite = { ...dead, watchedBy: "pc2", askedBy: "pc2" };
    const state = heard(startState(fleet, ledgerView(), 0), { type: "satellite", name: "nas", satellite }, 10);
    expect(state.fleet.satellites.nas).toEqual(satellite);
    expect(state.heardAtMs).toBe(10);
  });
});
