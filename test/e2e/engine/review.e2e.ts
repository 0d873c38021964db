/** `tandem review` and the policy pack under a real engine; no machine is needed, since a preview without drift reaches none. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { execute } from "../../lab/execute.ts";
import { writeProject } from "../../lab/project.ts";
import { type StackConfig, stackConfig } from "../../lab/stack-config.ts";
import { CommentsApi } from "../../ops/review/comments-api.ts";
import { Engine } from "./engine.ts";
import { importSeemingState } from "./seeming-state.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const pack = join(root, "components", "policy");
const stacks = ["mainpc", "pc2"] as const;
const addresses = { mainpc: "192.0.2.10", pc2: "192.0.2.20" };
const hostKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOlclmHBK66h2cCUha/IRAM2RW//bGP7JIgef3aYN4CF";
const password = "correct horse battery";
const file = "/etc/tandem/hub/hub.json";

let engine: Engine;
let api: CommentsApi;
beforeAll(async () => {
  api = new CommentsApi();
  await api.start();
  engine = new Engine("");
  writeProject(engine.site, Object.fromEntries(stacks.map((stack) => [stack, configOf(stack)])));
  for (const stack of stacks) {
    await engine.must(stack, "stack init");
    // The previews that the state is made of are of machines that nobody reaches.
    await engine.set(stack, "preview.drift", "false");
    await importSeemingState(engine, stack, (resource, input) => {
      if (input !== "connection") throw new Error(`nothing is known of ${input} of ${resource}`);
      return { host: addresses[stack], port: 22, user: "root", hostKey, perDialTimeout: 10, dialErrorLimit: 3 };
    });
    await engine.set(stack, "preview.drift", "true");
  }
});
afterAll(async () => {
  engine?.remove();
  await api?.stop();
});

const review = (...args: string[]) => engine.tandem("review", "--no-drift", ...args);
/** What is seen before anything is unfolded. */
const open = (comment: string) => comment.slice(0, comment.indexOf("<details>")).trimEnd().split("\n");

it("says that nothing changes, that all rules hold and that drift is left out, and leaves the stacks' files as they are", async () => {
  const before = stacks.map((stack) => readFileSync(engine.stackFile(stack), "utf8"));
  const { code, stdout } = await review("--expect-no-changes");
  expect(stdout).toContain("**Nothing changes on mainpc and pc2.**");
  expect(stdout).toContain("All rules of the policy pack hold. Drift is left out");
  expect(code).toBe(0);
  expect(stacks.map((stack) => readFileSync(engine.stackFile(stack), "utf8"))).toEqual(before);
});

it("shows a one-line change in 25 lines: what restarts, and the line of the file; asked whether nothing changes ends with 2", async () => {
  await engine.set("mainpc", "hub.spoolMb", "2048");
  const { code, stdout } = await review("--expect-no-changes");
  expect(code).toBe(2);
  const lines = open(stdout);
  expect(lines.length).toBeLessThanOrEqual(25);
  expect(lines[2]).toBe("**On mainpc 1 container is replaced and 1 file changes. Nothing changes on pc2.**");
  expect(lines.join("\n")).toContain(
    "**mainpc** replaces `tandem-mainpc-hub` by one that starts beside it, since its configuration changes",
  );
  expect(lines.join("\n")).toContain('-    "maxBytes": 1073741824\n+    "maxBytes": 2147483648');
  expect(lines).toContain(`\`${file}\` on mainpc:`);
});

it("is the one comment of its pull request, which the next review edits", async () => {
  const env = { GITHUB_API_URL: api.url, GITHUB_REPOSITORY: "octo/site", GITHUB_TOKEN: "good" };
  const post = () => engine.tandemWith(env, "review", "--no-drift", "--post", "--pr", "7");
  expect((await post()).stdout).toContain("#issuecomment-100");
  await engine.set("mainpc", "hub.spoolMb", "4096");
  expect((await post()).code).toBe(0);
  expect(api.comments).toHaveLength(1);
  expect(api.comments[0]?.body).toContain('+    "maxBytes": 4294967296');
  await engine.set("mainpc", "hub.spoolMb", "1024");
});

it("ends with 1 for an image without a version, naming rule, resource and what to do", async () => {
  const given = configOf("pc2").images;
  await engine.set("pc2", "images.nats", "nats:latest");
  const { code, stdout } = await review("--stack", "pc2");
  await engine.set("pc2", "images.nats", String(given?.nats));
  expect(code).toBe(1);
  expect(open(stdout)[2]).toBe("**Must not be deployed: a rule is violated on pc2.**");
  expect(stdout).toContain("violates `image-has-a-tag`: pc2-nats-image: nats:latest has the tag latest");
});

it("shows no secret of a stack that has some, and refuses to show one that a file has in base64", async () => {
  for (const key of ["prometheus.enabled", "grafana.enabled"]) await engine.set("pc2", key, "true");
  await engine.set("pc2", "grafanaPassword", password, "--secret");
  const well = await review("--stack", "pc2");
  expect(well.text).not.toContain(password);
  expect(well.code).toBe(0);
  expect(well.stdout).toContain("starts `tandem-pc2-prometheus`, `tandem-pc2-grafana`");
  // The engine masks the very text wherever it comes; in another form it does not know it.
  await engine.set("pc2", "machine.hubName", password);
  expect((await review("--stack", "pc2")).text).not.toContain(password);
  const encoded = Buffer.from(password).toString("base64");
  await engine.set("pc2", "machine.hubName", encoded);
  const ill = await review("--stack", "pc2");
  expect(ill.code).toBe(1);
  expect(ill.text).toContain("would show a secret: pc2 grafanaPassword");
  expect(ill.text).not.toContain(encoded);
});

it("a preview that fails is said in the comment with its reason, and so is a stack's file with a mistake", async () => {
  await engine.set("pc2", "machine.hubName", "EdgeHub");
  for (const key of ["prometheus.enabled", "grafana.enabled"]) await engine.set("pc2", key, "true");
  await engine.must("pc2", "config rm", "grafanaPassword");
  const failed = await review("--stack", "pc2");
  expect(failed.code).toBe(1);
  expect(failed.stdout).toContain("**Cannot be deployed: the preview of pc2 failed.**");
  expect(failed.stdout).toContain("tandem:grafanaPassword in Pulumi.pc2.yaml: it is missing");
  await engine.set("pc2", "machine.hubPort", "90000");
  const unread = await review("--stack", "pc2");
  expect(unread.code).toBe(1);
  expect(unread.stdout).toContain("**Cannot be deployed: the preview of the site failed.**");
  expect(unread.stdout).toContain("tandem:machine.hubPort in Pulumi.pc2.yaml: expected at most 65535; got 90000");
});

it("a program that violates every rule is refused by every one of them, and the secret that it spills is not shown", async () => {
  const folder = join(engine.site, "violating");
  mkdirSync(folder);
  const main = JSON.stringify(join(root, "test/e2e/engine/violating-program.ts"));
  const runtime = '{ name: nodejs, options: { typescript: false, nodeargs: "--import tsx" } }';
  writeFileSync(join(folder, "Pulumi.yaml"), `name: tandem\nmain: ${main}\nruntime: ${runtime}\n`);
  const pulumi = (args: string[], input?: string) =>
    execute("pulumi", ["--cwd", folder, "--non-interactive", "--color", "never", ...args, "--stack", "violating"], {
      env: engine.env,
      deadlineMs: 120_000,
      ...(input === undefined ? {} : { input }),
    });
  await pulumi(["stack", "init"]);
  await pulumi(["config", "set", "--secret", "hubSeed"], password);
  const { code, stdout, stderr } = await pulumi(["preview", "--policy-pack", pack]);
  const text = stdout + stderr;
  expect(code).not.toBe(0);
  for (const violation of [
    "nats-image: nats:latest has the tag latest",
    "worst: the container is privileged",
    "worst: the container names no user, so it may be root",
    "worst: the environment DB_PASSWORD holds what by its name is a secret",
    "worst: the container has no health check",
    "talks: the script holds hubSeed",
    "box: Tutor and hub would listen on port 9000",
  ])
    expect(text, violation).toContain(violation);
  expect(text).not.toContain(password);

  await pulumi(["config", "set", "only", "volume"]);
  const last = await pulumi(["preview", "--policy-pack", pack]);
  expect(last.code).not.toBe(0);
  expect(last.stdout + last.stderr).toContain("bare-volume: the volume is not protected");
});

function configOf(machine: (typeof stacks)[number]): StackConfig {
  const images = {
    nats: "nats:2.12.3-alpine",
    pushgateway: "prom/pushgateway:v1.5.1",
    hubBase: "node:24-bookworm-slim",
  };
  return stackConfig({ machine, addresses, hostKey, images, reference: "192.0.2.1:53" });
}
