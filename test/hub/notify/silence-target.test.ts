import { describe, expect, it } from "vitest";
import { type SubjectConfig, subjectsOf, whyNoTarget } from "../../../hub/notify/silence-target.ts";

// Only the names are asked for.
const config = {
  machine: { name: "mainpc" },
  peer: { name: "pc2" },
  satellites: [{ name: "nas" }],
  services: [{ name: "Tutor" }],
  agents: [
    { machine: "pc2", name: "TutorAgent" },
    { machine: "mainpc", name: "TutorAgent" },
  ],
} as unknown as SubjectConfig;
const subjects = subjectsOf(config);
const why = (target: string, standing: { name: string; subject: string }[] = []) =>
  whyNoTarget(target, subjects, standing);

describe("a silence", () => {
  it("may be of an alert by its name, and of every machine, satellite, service, agent and the pair", () => {
    for (const subject of ["mainpc", "pc2", "nas", "Tutor", "pc2/TutorAgent", "pair"])
      expect(why(`agent-unhealthy ${subject}`)).toBeUndefined();
    expect(why("agent-unhealthy")).toBeUndefined();
  });

  it("of a mistyped alert or subject is told what was meant, where that is near", () => {
    expect(why("agent-unhealty")).toBe(
      "there is no alert agent-unhealty, did you mean agent-unhealthy; docs/runbooks/README.md lists all",
    );
    expect(why("agent-unhealthy pc2/TutorAgnt")).toBe(
      "no alert is about pc2/TutorAgnt, did you mean pc2/TutorAgent; give a machine, a service, machine/agent or pair",
    );
    expect(why("agent-unhealthy printer-of-the-office")).toBe(
      "no alert is about printer-of-the-office; give a machine, a service, machine/agent or pair",
    );
    expect(why("agent-unhealthy ")).toContain("no alert is about");
  });

  it("of what every object has by birth is refused", () => {
    expect(why("constructor")).toContain("there is no alert constructor");
  });

  it("of what stands is taken, though this hub knows neither the alert nor its subject", () => {
    const standing = [{ name: "newer-alert", subject: "newer subject" }];
    expect(why("newer-alert newer subject", standing)).toBeUndefined();
    expect(why("newer-alert")).toContain("there is no alert newer-alert");
  });
});
