import { describe, expect, it } from "vitest";
import type { Renewals } from "../../../ops/init/renew.ts";
import { phasesOf } from "../../../ops/secrets/phases.ts";

const before = { hubKey: "UOLD", ca: "old CA\n", leafCertificate: "old leaf\n" };

function renewed(ca: string): Renewals["stacks"] {
  return ["mainpc", "pc2"].map((stack) => ({
    stack,
    file: { config: {} },
    before,
    after: {
      security: { hubKey: "UNEW", ca, leafCertificate: "new leaf\n" },
      secrets: { hubSeed: `seed of ${stack}`, leafKey: `leaf of ${stack}` },
    },
  }));
}

describe("the deployments of a rotation", () => {
  it("are one where the CA stays, with what others have made in it", () => {
    const others = [{ stack: "nas", secrets: { "agentSecrets.broker": "b" } }];
    const given = [...others, { stack: "pc2", secrets: { grafanaPassword: "g" } }];
    const phases = phasesOf(renewed(before.ca), given);
    expect(phases.map(({ changes }) => changes.map(({ stack }) => stack))).toEqual([["mainpc", "pc2", "nas"]]);
    const [, pc2, nas] = phases[0]?.changes ?? [];
    expect(pc2?.secrets).toEqual({ hubSeed: "seed of pc2", leafKey: "leaf of pc2", grafanaPassword: "g" });
    expect(pc2?.security?.hubKey).toBe("UNEW");
    expect(nas).toEqual(others[0]);
  });

  it("are three with a new CA, and at no step shows a machine what the other one does not trust", () => {
    const phases = phasesOf(renewed("new CA\n"), []);
    const own = phases.map(({ changes }) => changes[0]);
    expect(own.map((change) => change?.security?.ca)).toEqual(["old CA\nnew CA\n", "new CA\nold CA\n", "new CA\n"]);
    expect(own.map((change) => change?.security?.leafCertificate)).toEqual(["old leaf\n", "new leaf\n", "new leaf\n"]);
    expect(own.map((change) => Object.keys(change?.secrets ?? {}))).toEqual([["hubSeed"], ["leafKey"], []]);
    const issuer = { "old leaf\n": "old CA", "new leaf\n": "new CA" };
    const states = [{ ...before }, ...own.flatMap((change) => change?.security ?? [])];
    // While a deployment goes from one machine to the other, they are one step apart.
    for (const [index, shown] of states.entries())
      for (const trusted of [states[index - 1], shown, states[index + 1]])
        if (trusted !== undefined)
          expect(String(trusted.ca)).toContain(issuer[shown.leafCertificate as keyof typeof issuer]);
  });

  it("are one that changes nothing where only the passphrase is exchanged", () => {
    expect(phasesOf([], [])).toEqual([{ title: "new secrets", changes: [] }]);
  });
});
