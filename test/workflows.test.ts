/** The workflows of .github, which run on GitHub alone: what can be said of them here is that each step names what is there. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { parse } from "yaml";
import { z } from "zod";

const root = join(import.meta.dirname, "..");
const folder = join(root, ".github", "workflows");
const files = readdirSync(folder);

const Permissions = z.record(z.string(), z.enum(["read", "write", "none"]));
const Step = z.strictObject({
  name: z.string().optional(),
  id: z.string().optional(),
  if: z.string().optional(),
  uses: z.string().optional(),
  with: z.record(z.string(), z.unknown()).optional(),
  env: z.record(z.string(), z.string()).optional(),
  run: z.string().optional(),
});
const Workflow = z.strictObject({
  name: z.string(),
  on: z.record(z.string(), z.unknown()),
  concurrency: z.looseObject({ group: z.string() }),
  permissions: Permissions,
  jobs: z.record(
    z.string(),
    z.strictObject({
      name: z.string(),
      if: z.string().optional(),
      "runs-on": z.string(),
      "timeout-minutes": z.number(),
      permissions: Permissions.optional(),
      steps: z.array(Step).min(1),
    }),
  ),
});

const { scripts } = z
  .object({ scripts: z.record(z.string(), z.string()) })
  .parse(JSON.parse(readFileSync(join(root, "package.json"), "utf8")));

it("are the review of pull requests and the look at drift", () => {
  expect(files.sort()).toEqual(["drift.yml", "review.yml"]);
});

describe.each(files)("%s", (file) => {
  const text = readFileSync(join(folder, file), "utf8");
  const workflow = Workflow.parse(parse(text));
  const jobs = Object.values(workflow.jobs);
  const steps = jobs.flatMap((job) => job.steps);
  const runs = steps.map(({ run = "" }) => run).join("\n");

  it("pins every action by the hash of a commit, with the version beside it", () => {
    const uses = text.match(/^.*\buses:.*$/gm) ?? [];
    expect(uses.length).toBeGreaterThan(2);
    for (const line of uses) expect(line).toMatch(/uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  it("may read the code, write a pull request's comment at most, and ends by itself", () => {
    expect(workflow.permissions).toEqual({ contents: "read" });
    for (const { permissions = {}, "timeout-minutes": minutes } of jobs) {
      expect(Object.keys(permissions).filter((scope) => permissions[scope] === "write")).toEqual(
        permissions["pull-requests"] === "write" ? ["pull-requests"] : [],
      );
      expect(minutes).toBeLessThanOrEqual(60);
    }
  });

  it("installs without the packages' own scripts, but that of the package node", () => {
    const installs = steps.flatMap(({ run = "" }) => (/\bnpm (ci|i|install|rebuild)\b/.test(run) ? [run] : []));
    expect(installs.length).toBeGreaterThan(0);
    expect(new Set(installs)).toEqual(new Set(["npm ci --ignore-scripts && npm rebuild node"]));
  });

  it("hands secrets and what others write to no script but by its environment", () => {
    for (const { run = "" } of steps) expect(run).not.toContain("${{");
  });

  it("runs scripts of package.json, and subcommands and options that tandem has", () => {
    const named = [...runs.matchAll(/npm (?:run (?:--silent )?)?([\w:]+)/g)].map(([, script = ""]) => script);
    expect(named.length).toBeGreaterThan(1);
    for (const script of named) expect(["ci", "rebuild", "audit", ...Object.keys(scripts)]).toContain(script);

    const commands = [...runs.matchAll(/tandem -- ([^\n|>]+)/g)].map(([, words = ""]) => words.trim().split(/\s+/));
    expect(commands.length).toBeGreaterThan(1);
    for (const words of commands) {
      const given = words.filter((word) => /^[a-z]/.test(word));
      const { status, stdout } = spawnSync(process.execPath, [join(root, "ops/tandem.ts"), ...given, "--help"], {
        encoding: "utf8",
      });
      expect(status, words.join(" ")).toBe(0);
      expect(stdout).toContain(`Usage: tandem ${given.join(" ")}`);
      for (const option of [...words, ...variants(words)].filter((word) => word.startsWith("--")))
        expect(stdout, option).toContain(option);
    }
  });

  /** What a variable of the step may stand for. */
  function variants(words: string[]): string[] {
    const names = words.flatMap((word) => /^"\$(\w+)"$/.exec(word)?.[1] ?? []);
    return names.flatMap((name) =>
      steps.flatMap(({ env = {} }) =>
        [...(env[name] ?? "").matchAll(/'(--[\w-]+)'/g)].map(([, option = ""]) => option),
      ),
    );
  }
});

it("a pull request is fuzzed after the tests for 5 minutes, and its packages are held against known flaws", () => {
  const { check } = Workflow.parse(parse(readFileSync(join(folder, "review.yml"), "utf8"))).jobs;
  const named = check?.steps.flatMap(({ name = "", run = "" }) => (run === "" ? [] : [`${name}: ${run}`])) ?? [];
  expect(named.slice(-3)).toEqual([
    "Tests: npm test",
    "Fuzz: npm run fuzz -- --minutes 5",
    "Known flaws: npm audit --omit=dev --audit-level=low",
  ]);
});

it.each(files)("%s gives Pulumi every secret that docs/review.md names, and no other", (file) => {
  const [, settings = ""] = readFileSync(join(root, "docs/review.md"), "utf8").split(
    "\n| setting of the repository | |\n",
  );
  const rows = settings.split("\n").filter((line) => line.startsWith("| secret"));
  const named = rows.flatMap((row) => [...(row.split("|")[1] ?? "").matchAll(/`(\w+)`/g)].map(([, name = ""]) => name));
  const { jobs } = Workflow.parse(parse(readFileSync(join(folder, file), "utf8")));
  const envs = Object.values(jobs).flatMap(({ steps }) => steps.flatMap(({ env = {} }) => [env]));
  const given = envs.find((env) => "PULUMI_CONFIG_PASSPHRASE" in env) ?? {};
  const secrets = Object.entries(given).filter(([, value]) => value.includes("secrets."));
  const asked = secrets.map(([, value]) => /^\$\{\{ secrets\.(\w+) \}\}$/.exec(value)?.[1] ?? value);
  expect(asked.toSorted()).toEqual(named.toSorted());
  // For the backend that the page gives as its example.
  expect(named).toContain("AWS_ACCESS_KEY_ID");
  // Empty ones would hide what a runner has of its own.
  expect(Object.keys(given).filter((name) => name.startsWith("AWS_"))).toEqual([]);
});

describe("a fork's pull request", () => {
  const { preview } = Workflow.parse(parse(readFileSync(join(folder, "review.yml"), "utf8"))).jobs;
  const [first, ...rest] = preview?.steps ?? [];

  it("runs on no machine of the site's, and nothing of it runs in the job that has secrets", () => {
    expect(preview?.["runs-on"]).toMatch(/head\.repo\.full_name == github\.repository && vars\.TANDEM_RUNNER \|\|/);
    for (const step of rest) expect(step.if, JSON.stringify(step)).toBe("steps.can.outputs.preview == 'yes'");
  });

  it.each([
    [{ FORK: "true", BACKEND: "", ACCESS: "" }, "no", "comes from a fork"],
    [{ FORK: "false", BACKEND: "", ACCESS: "" }, "no", "has neither the secret PULUMI_BACKEND_URL"],
    [{ FORK: "false", BACKEND: "s3://state", ACCESS: "" }, "yes", ""],
    [{ FORK: "false", BACKEND: "", ACCESS: "pul-1" }, "yes", ""],
  ])("with %o previews: %s, and says why not", (env, preview, reason) => {
    const folder = mkdtempSync(join(tmpdir(), "tandem-workflow-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const GITHUB_OUTPUT = join(folder, "output");
    const GITHUB_STEP_SUMMARY = join(folder, "summary");
    const given = { ...process.env, ...env, GITHUB_OUTPUT, GITHUB_STEP_SUMMARY };
    const { status, stdout } = spawnSync("bash", ["-e", "-c", first?.run ?? ""], { env: given, encoding: "utf8" });
    expect(status).toBe(0);
    expect(readFileSync(GITHUB_OUTPUT, "utf8")).toBe(`preview=${preview}\n`);
    expect(stdout).toContain(reason === "" ? "" : `::notice::No preview: `);
    expect(stdout).toContain(reason);
  });
});
