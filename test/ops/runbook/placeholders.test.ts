import { expect, it } from "vitest";
import { fill, valuesOf } from "../../../ops/runbook/placeholders.ts";
import { fleetView } from "../../hub/page/fixture.ts";

const site = {
  services: [],
  data: undefined,
  address: { pc2: "10.0.0.2" },
  dataPath: { pc2: "/srv/tandem" },
  witness: undefined,
};

it("while no hub answers the site knows its machines still", () => {
  const values = valuesOf({ subject: "pc2" }, { ...site, fleet: undefined });
  expect(values).toEqual({ machine: "pc2", address: "10.0.0.2", dataPath: "/srv/tandem" });
});

it.each(["$(reboot)", "pc2/$(reboot)", "constructor", "__proto__"])(
  "%s, which nobody knows, fills in nothing",
  (subject) => {
    for (const fleet of [undefined, fleetView()]) expect(valuesOf({ subject }, { ...site, fleet })).toEqual({});
    expect(fill("{machine} {constructor}", {})).toBe("{machine} {constructor}");
  },
);

it("what a hub says of an alert fills in as one line, whatever a terminal would make of it", () => {
  expect(fill("ask {machine} first", { machine: "pc2\r\u001b[2J\nrm -rf /" })).toBe("ask pc2 [2J rm -rf / first");
});
