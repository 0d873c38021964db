/** What an operator does on a day with a deployed pair: looks, drills, soaks, and asks for evidence and help. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { execute } from "../../lab/execute.ts";
import { until } from "../../support/until.ts";
import { DeploySite, say, testMs } from "./deploy-site.ts";
import { stacks } from "./deployed-pair.ts";

vi.setConfig({ testTimeout: testMs });
const root = join(import.meta.dirname, "..", "..", "..");
let site: DeploySite;
let folder: string;

beforeAll(async () => {
  site = await DeploySite.prepare("day");
  folder = dirname(site.pair.engine.site);
  await site.deploy();
  await site.settled();
  await until("Roamer is at home", () => site.isHome());
}, testMs);
afterAll(() => site?.remove());

it("status and doctor call a pair well that is, and both name a server that is not", async () => {
  expect((await site.tandem(0, "status")).stdout).toMatch(/all is well/);
  expect((await site.tandem(0, "doctor")).text).toMatch(/0 failed/);
  await site.pair.lab.pc2.exec("docker stop tandem-pc2-pushgateway");
  await until("status has seen it", async () => (await site.pair.engine.tandem("status")).code !== 0, 30_000);
  expect((await site.tandem(1, "doctor")).text).toMatch(/FAIL +container pushgateway +is /);
  await site.pair.lab.pc2.exec("docker start tandem-pc2-pushgateway");
  await site.settled();
});

it("a drill of every fault on both machines ends with the pair whole, and both hubs tell of it", async () => {
  const reports = join(folder, "drills");
  const { stdout } = await site.tandem(0, "drill", "run", "--reports", reports, "--yes", "--json");
  const record = JSON.parse(stdout);
  say(JSON.stringify(record.figures ?? record.summary ?? Object.keys(record)));
  expect(
    readdirSync(reports)
      .toSorted()
      .map((name) => name.replace(/^.*\./, "")),
  ).toEqual(["json", "md"]);
  expect(readFileSync(join(reports, readdirSync(reports).find((name) => name.endsWith(".md")) ?? ""), "utf8")).toMatch(
    /hub-freeze/,
  );
  expect((await site.tandem(0, "drill", "history")).stdout.split("\n").length).toBeGreaterThan(1);
  for (const stack of stacks) {
    const metrics = await (await fetch(`${site.pair.at(stack).hub}/metrics`)).text();
    expect(metrics).toMatch(/^tandem_drill_\w+.* \d/m);
  }
  await site.settled();
});

it("a soak of a minute and a half watches the deployed pair, keeps its checkpoints at both hubs, and verifies", async () => {
  const out = join(folder, "soak");
  const { stdout } = await site.tandem(
    0,
    "soak",
    "--minutes",
    "1.5",
    "--checkpoint-minutes",
    "1",
    // Both machines are this computer, which does other work as well.
    "--bar",
    "cpu=100",
    "--out",
    out,
    "--json",
  );
  const verdict = JSON.parse(stdout.trim().split("\n").at(-1) ?? "");
  expect(verdict.verdict ?? verdict.report?.verdict).toBe("pass");
  const verify = await execute(process.execPath, [join(root, "ops/tandem.ts"), "soak", "verify", out]);
  expect(verify.code, verify.stdout + verify.stderr).toBe(0);
  const report = readFileSync(join(out, "report.md"), "utf8");
  say(report.slice(report.indexOf("Objectives, by the hubs")).split("\n").slice(0, 10).join("\n"));
  const told = JSON.parse(readFileSync(join(out, "report.json"), "utf8")).objectives;
  expect(told.map(({ hub, name }: { hub: string; name: string }) => `${name} by ${hub}`)).toEqual(
    expect.arrayContaining(stacks.map((stack) => `pair by ${stack}`)),
  );
});

it("a bundle for a bug report holds both machines' side, and none of the site's secrets", async () => {
  await site.tandem(0, "support", "--out", join(folder, "support.tar.gz"));
  await site.tandem(0, "secrets", "audit", "--no-preview");
});
