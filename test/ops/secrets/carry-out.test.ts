import { describe, expect, it } from "vitest";
import { parseStackConfig } from "../../../components/stack-config.ts";
import { createAuthority } from "../../../ops/init/certificates.ts";
import { type CarryOut, carryOutRotation, type Outcome } from "../../../ops/secrets/carry-out.ts";
import { endText, planText } from "../../../ops/secrets/rotate-text.ts";
import type { Rotation } from "../../../ops/secrets/rotation.ts";
import type { Stack } from "../../../ops/site/stacks.ts";
import { plainProgress } from "../../../ops/terminal/progress.ts";
import { securedStack } from "../../components/secured-stack.ts";

const { values } = securedStack("mainpc");
const ownCa = createAuthority({ name: "hubs CA", now: new Date() }).certificate;

function stacksOf(hubTls: boolean, tls: Record<string, unknown> = {}): Stack[] {
  const [machine, peer] = [values.machine, values.peer].map((one) => ({ ...Object(one), hubTls }));
  const hub = { ...Object(values.hub), tls };
  const site = parseStackConfig({ ...values, machine, peer, hub }, "mainpc");
  return [{ name: "mainpc", path: "Pulumi.mainpc.yaml", site }];
}

/** Of a new CA, but for its files: the third deployment fails. */
function rotationAt(deployed: number, titles = ["both", "new", "forgotten"]) {
  const phases = titles.map((title) => ({ title, keys: {} }));
  const state = { what: ["ca"], since: "2026-01-01", hubKeys: { before: [], after: [] }, phases, deployed };
  const rotation = { state } as unknown as Rotation; // all that is asked of it
  const went: number[] = [];
  const go = (stacks: Stack[], clientsHaveCa = false): Promise<Outcome> => {
    const deploying = { dir: "", alone: false, allowOutage: false, deadlineMs: 1 };
    const progress = plainProgress(() => {});
    const args: CarryOut = { stacks, witness: undefined, deploying, clientsHaveCa, leaveCopies: false, progress };
    return carryOutRotation(rotation, args, async (number) => {
      went.push(number);
      if (number === 3) return "stopped";
      state.deployed = number;
      return undefined;
    });
  };
  return { rotation, went, go };
}

describe("a rotation of the CA whose certificates the hubs show to clients", () => {
  it("stops after the first of 3 deployments for clients to be given both, and then goes on", async () => {
    const { rotation, went, go } = rotationAt(0);
    const stacks = stacksOf(true);
    expect(planText(["ca"], undefined, false, stacks).join("\n")).toContain("after the first deployment it stops");
    const outcome = await go(stacks);
    expect(outcome).toMatchObject({ outcome: "clients", deployed: 1, of: 3, exchanged: [] });
    expect(went).toEqual([1]);
    const text = endText(outcome, false).join("\n");
    for (const told of ["security.ca", "ca.pem", "hubs[0].hubCa", "run tandem secrets rotate again"])
      expect(text).toContain(told);
    expect(endText(outcome, true).join("\n")).toContain(
      "run tandem secrets rotate with the same --witness-command again",
    );
    expect(planText(["ca"], rotation, false, stacks).join("\n")).toContain("do not believe it yet are cut off");
    expect((await go(stacks)).outcome).toBe("stopped");
    expect(went).toEqual([1, 1, 2, 3]);
    expect(planText(["ca"], rotation, false, stacks).join("\n")).not.toContain("cut off");
  });

  it("goes through all 3 where clients are said to have it", async () => {
    const { went, go } = rotationAt(0);
    await go(stacksOf(true), true);
    expect(went).toEqual([1, 2, 3]);
  });

  it("goes through all 3 without TLS, and where hubs show certificates of another CA", async () => {
    for (const stacks of [stacksOf(false), stacksOf(true, { certificate: ownCa, ca: ownCa })]) {
      const { went, go } = rotationAt(0);
      await go(stacks);
      expect(went).toEqual([1, 2, 3]);
      expect(planText(["ca"], undefined, false, stacks)).toHaveLength(2);
    }
  });

  it("goes on without another stop when it was ended within the second", async () => {
    const { went, go } = rotationAt(1);
    await go(stacksOf(true));
    expect(went).toEqual([1, 2, 3]);
  });
});
