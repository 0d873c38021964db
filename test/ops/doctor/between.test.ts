import { describe, expect, it } from "vitest";
import { checkClocks } from "../../../ops/doctor/clocks.ts";
import { checkGroups, groupsIn, hashOf } from "../../../ops/doctor/gateways.ts";
import { checkSameVersions, checkVersions } from "../../../ops/doctor/versions.ts";

const brief = (checks: { status: string; found: string }[]) => checks.map(({ status, found }) => `${status} ${found}`);

describe("the doctor, of clocks of two machines,", () => {
  const clocks = (mainpcMs: number, pc2Ms: number) =>
    brief(
      checkClocks([
        { machine: "mainpc", wallMs: mainpcMs, fromMs: 10_000, toMs: 10_100 },
        { machine: "pc2", wallMs: pc2Ms, fromMs: 10_000, toMs: 10_200 },
      ]),
    );

  it("counts only what the way there and back cannot explain, and warns above 500 ms", () => {
    expect(clocks(10_050, 10_190)).toEqual(["ok mainpc and pc2 agree, as far as can be told from here"]);
    expect(clocks(10_050, 10_650)).toEqual(["ok pc2 ahead of mainpc by 400 ms at least"]);
    expect(clocks(11_000, 10_000)).toEqual(["warn mainpc ahead of pc2 by 900 ms at least"]);
  });
});

describe("the doctor, of versions,", () => {
  const good = { nats: "2.12.15", pushgateway: "1.5.1", node: "24.21.0", engine: "20.10.24", tandem: "0.1.0" };

  it("names all of a machine that is well", () => {
    expect(brief(checkVersions(good, "0.1.0", "deploy"))).toEqual([
      "ok nats-server 2.12.15, Pushgateway 1.5.1, Node 24.21.0, Docker 20.10.24, tandem 0.1.0",
    ]);
    expect(checkVersions({}, "0.1.0", "deploy")).toEqual([]);
  });

  it.each([
    [
      { nats: "2.9.10" },
      "fail nats-server 2.9.10 has no sync_interval, so an answer does not wait for the disk; 2.10.0 is the least",
    ],
    [{ node: "22.9.0" }, "fail Node 22.9.0 is older than what the hub is built for; 24.0.0 is the least"],
    [{ engine: "19.3.1" }, "warn Docker 19.3.1 is older than any that tandem was tried with; 20.10.0 is the least"],
    [{ tandem: "0.2.0" }, "warn the hub is tandem 0.2.0, this is 0.1.0"],
  ])("speaks of %j", (change, said) => {
    expect(brief(checkVersions({ ...good, ...change }, "0.1.0", "deploy"))).toEqual([said]);
  });

  it("warns of two machines that run different ones, Docker aside", () => {
    const other = { ...good, nats: "2.11.0", engine: "27.1.0" };
    const found = checkSameVersions(
      new Map([
        ["mainpc", good],
        ["pc2", other],
      ]),
    );
    expect(brief(found)).toEqual(["warn nats-server is 2.12.15 on mainpc, 2.11.0 on pc2"]);
  });
});

describe("the doctor, of a Pushgateway,", () => {
  const words = { what: "it", hub: "its hub" };
  const group = (labels: Record<string, string>, ...names: string[]) => ({
    labels,
    last_push_successful: true,
    push_time_seconds: { metrics: [{ value: String(Math.random()) }] },
    ...Object.fromEntries(names.map((name) => [name, { type: "GAUGE" }])),
  });
  const groups = (...data: unknown[]) => groupsIn({ status: "success", data }) ?? new Map<string, string>();
  const kitchen = group({ job: "kitchen", instance: "a" }, "temperature", "humidity");

  it("takes two for equal whatever the push times and the order of labels and names", () => {
    const other = group({ instance: "a", job: "kitchen", room: "" }, "humidity", "temperature");
    expect(hashOf(groups(kitchen))).toBe(hashOf(groups(other)));
    expect(checkGroups(groups(kitchen), groups(other), words, "wait")).toMatchObject([{ status: "ok" }]);
  });

  it("names the groups that it lacks, has besides, and that differ", () => {
    const shown = groups(group({ job: "kitchen", instance: "a" }, "temperature"), group({ job: "stray" }, "x"));
    const fold = groups(kitchen, group({ job: "hall" }, "x"));
    expect(brief(checkGroups(fold, shown, words, "wait"))).toEqual([
      'warn it has 2 groups, its hub 2; it lacks {job="hall"}; it has besides {job="stray"}; it differs in {instance="a" job="kitchen"}',
    ]);
  });

  it("says of one that answers something else that it does not tell", () => {
    expect(groupsIn("<html>")).toBeUndefined();
    expect(brief(checkGroups(groups(), groupsIn(undefined), words, "wait"))).toEqual([
      "warn it does not tell its groups",
    ]);
  });
});
