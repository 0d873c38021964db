import { describe, expect, it } from "vitest";
import type { Owner } from "../../../ops/deploy/lock.ts";
import { fail, ok } from "../../../ops/doctor/check.ts";
import { carryOut } from "../../../ops/doctor/fixes.ts";
import { checkLock } from "../../../ops/doctor/lock-check.ts";
import { toText } from "../../../ops/doctor/report.ts";
import { OperatorError } from "../../../ops/error.ts";

const chmod = { what: "chmod 400 /k", script: "chmod 400 '/k'" };
const reports = [
  {
    machine: "pc2",
    address: "192.0.2.20",
    checks: [
      ok("disk", "10 % used"),
      fail("secret files", "/k has mode 644", "chmod 400 /k", chmod),
      fail("peer", "dead", "Look"),
    ],
  },
];

describe("a fix", () => {
  it("is carried out on its machine after a yes, and only where a finding offers one", async () => {
    const asked: string[] = [];
    const ran: string[] = [];
    const run = async (machine: string, script: string) => void ran.push(`${machine}: ${script}`);
    const agrees = async (question: string) => asked.push(question) > 0;
    expect(await carryOut({ reports, run }, agrees)).toEqual([
      { machine: "pc2", what: "chmod 400 /k", outcome: "done", why: "" },
    ]);
    expect([asked, ran]).toEqual([["pc2: chmod 400 /k"], ["pc2: chmod 400 '/k'"]]);
  });

  it("is left after a no, and says why when it fails", async () => {
    const run = () => Promise.reject(new OperatorError("doctor.fix", "it ended with 1", "By hand"));
    expect(await carryOut({ reports, run }, async () => false)).toMatchObject([{ outcome: "left" }]);
    expect(await carryOut({ reports, run }, async () => true)).toMatchObject([
      { outcome: "failed", why: "it ended with 1" },
    ]);
  });
});

describe("the deploy lock", () => {
  const owner: Owner = {
    id: "a-b",
    user: "ops",
    host: "desk",
    pid: 4711,
    since: "2026-05-12T14:00:00Z",
    what: "deploy",
  };
  const said = `7\n${JSON.stringify(owner)}`;
  const nowMs = Date.parse(owner.since) + 240_000;

  it("is nobody's, somebody's, or of one that is gone, and then it can be freed", () => {
    expect(checkLock("", "/d", nowMs)).toMatchObject([{ status: "ok", found: "free" }]);
    expect(checkLock(said, "/d", nowMs, () => false)).toMatchObject([{ status: "ok" }]);
    const [stale] = checkLock(said, "/d", nowMs, () => true);
    expect(stale).toMatchObject({ status: "warn", found: expect.stringContaining("which runs no more") });
    expect(stale?.fix?.script).toContain("id='a-b'");
  });

  it("that does not say whose it is is left to an operator", () => {
    const [found] = checkLock("7\nnonsense", "/d", nowMs);
    expect(found).toMatchObject({ status: "warn", next: expect.stringContaining("tandem unlock") });
    expect(found?.fix).toBeUndefined();
  });
});

it("a finding is told with what was found, why it matters and what to do", () => {
  expect(toText(reports).split("\n")).toEqual([
    "pc2 (192.0.2.20)",
    "  ok    disk          10 % used",
    "  FAIL  secret files  /k has mode 644",
    "                      · who reads one may write the site's records or stand in for a machine",
    "                      → chmod 400 /k",
    "  FAIL  peer          dead",
    "                      · this machine is alone: losing it would lose what has no second copy",
    "                      → Look",
    "2 failed, 0 worth a look",
  ]);
});
