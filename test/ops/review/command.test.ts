/** `tandem review` with a stand-in for the Pulumi CLI, which a computer without it can run, too; review.e2e.ts has the real one. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { registerReview } from "../../../ops/review.ts";
import { runCommand } from "../run-command.ts";
import { CommentsApi } from "./comments-api.ts";
import { file, log, said, step, summary, violation } from "./events.ts";

const password = "correct horse battery";
/** Keeps what it was called with, and does what the files beside it say for its stack. */
const standIn = `#!/bin/sh
here=$(dirname "$0")
echo "$*" >>"$here/calls"
while [ $# -gt 0 ]; do
  case $1 in
    --stack) stack=$2 ;;
    --event-log) events=$2 ;;
    --config-file) cp "$2" "$here/config-file" ;;
    --refresh) [ -e "$here/$stack.away" ] && away=yes ;;
    --show-secrets) exec cat "$here/secrets.json" ;;
  esac
  shift
done
if [ -n "\${away-}" ]; then
  echo '{"diagnosticEvent":{"severity":"error","message":"failed to create Docker client"}}' >"$events"
  exit 1
fi
cp "$here/$stack.events" "$events" 2>/dev/null
cat "$here/$stack.text"
exit "$(cat "$here/$stack.code")"
`;

let folder: string;
let api: CommentsApi;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "tandem-review-"));
  writeFileSync(join(folder, "pulumi"), standIn, { mode: 0o755 });
  for (const stack of ["mainpc", "pc2"]) {
    const shipped = readFileSync(new URL(`../../../Pulumi.${stack}.yaml`, import.meta.url), "utf8");
    writeFileSync(join(folder, `Pulumi.${stack}.yaml`), shipped);
    plan(stack, log(summary({ same: 31 })));
  }
  api = new CommentsApi();
  await api.start();
  vi.stubEnv("PATH", `${folder}${delimiter}${process.env.PATH}`);
  for (const [key, value] of Object.entries({ TOKEN: "good", REPOSITORY: "octo/site", API_URL: api.url }))
    vi.stubEnv(`GITHUB_${key}`, value);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await api.stop();
  rmSync(folder, { recursive: true });
});

/** What the next preview of a stack tells, prints and ends with. */
function plan(stack: string, events: string, text = `Previewing update (${stack}):\n`, code = 0): void {
  writeFileSync(join(folder, `${stack}.events`), events);
  writeFileSync(join(folder, `${stack}.text`), text);
  writeFileSync(join(folder, `${stack}.code`), `${code}`);
}

const changed = log(
  step("command", "mainpc-hub-config-write", {
    diffs: ["stdin"],
    before: { stdin: file("/etc/tandem/hub/hub.json", "{", "1", "}") },
    after: { stdin: file("/etc/tandem/hub/hub.json", "{", "2", "}") },
  }),
  summary({ same: 30, update: 1 }),
);
const calls = () => readFileSync(join(folder, "calls"), "utf8").trim().split("\n");

const review = (...args: string[]) => runCommand(registerReview, ["review", "--dir", folder, ...args]);

describe("tandem review", () => {
  it("previews both stacks with the policy pack and without colours, and prints the comment", async () => {
    plan("mainpc", changed);
    const { code, stdout } = await review();
    expect(code).toBe(0);
    expect(stdout).toContain("**On mainpc 1 file changes. Nothing changes on pc2.**");
    for (const [index, stack] of ["mainpc", "pc2"].entries())
      expect(calls()[index]).toMatch(
        new RegExp(
          `preview --diff --non-interactive --color never --suppress-progress --stack ${stack} --policy-pack /.*/components/policy `,
        ),
      );
    expect(calls().join()).not.toMatch(/--refresh|--config-file/);
  });

  it("leaves drift out by a copy of the stack's file, and asks the engines where it is told to", async () => {
    const path = join(folder, "Pulumi.pc2.yaml");
    const before = readFileSync(path, "utf8");
    expect((await review("--stack", "pc2", "--no-drift")).stdout).toContain("Drift is left out");
    expect(readFileSync(join(folder, "config-file"), "utf8")).toContain("  tandem:preview:\n    drift: false\n");
    expect(readFileSync(path, "utf8")).toBe(before);
    await review("--stack", "pc2", "--refresh");
    expect(calls()[1]).toContain("--refresh --run-program");
  });

  it("goes by the state where an engine cannot be asked, and says so; but not where no change is expected", async () => {
    writeFileSync(join(folder, "mainpc.away"), "");
    plan("mainpc", changed);
    const { code, stdout } = await review("--refresh");
    expect(code).toBe(0);
    expect(stdout).toContain("**On mainpc 1 file changes. Nothing changes on pc2.**");
    expect(stdout).toContain(
      "- mainpc warns: its engine could not be asked how the containers are: failed to create Docker client",
    );
    const drift = await review("--refresh", "--expect-no-changes");
    expect(drift.code).toBe(1);
    expect(drift.stdout).toContain("**Cannot be deployed: the preview of mainpc failed.**");
  });

  it("ends with 1 when a preview fails, with the reason that was only printed where the engine never ran", async () => {
    plan("pc2", "", "error: incorrect passphrase\n", 255);
    rmSync(join(folder, "pc2.events"));
    const { code, stdout } = await review();
    expect(code).toBe(1);
    expect(stdout).toContain("**pc2**\n\n```text\nerror: incorrect passphrase\n```");
  });

  it("ends with 1 when a rule is violated, and says which in JSON as well", async () => {
    plan("mainpc", log(violation("image-has-a-tag", "box: nats has no tag"), said("error", "preview failed")), "", 1);
    const { code, stdout } = await review("--json");
    expect(code).toBe(1);
    const { exitCode, drift, machines } = JSON.parse(stdout);
    expect({ exitCode, drift }).toEqual({ exitCode: 1, drift: "files" });
    expect(machines[0]).toMatchObject({ machine: "mainpc", failed: true, violations: [{ rule: "image-has-a-tag" }] });
    expect(machines[1]).toMatchObject({ machine: "pc2", failed: false, counts: { same: 31 } });
  });

  it("ends with 2 for a change where none is expected, and with 0 else", async () => {
    expect((await review("--expect-no-changes")).code).toBe(0);
    plan("mainpc", changed);
    expect((await review("--expect-no-changes")).code).toBe(2);
    expect((await review()).code).toBe(0);
  });

  it("makes the comment of a pull request and edits it the next time, also when a preview failed", async () => {
    plan("mainpc", changed);
    expect((await review("--post", "--pr", "7")).stdout).toBe(
      "https://github.example/octo/site/pull/7#issuecomment-100\n",
    );
    plan("mainpc", log(said("error", "it broke")), "", 1);
    const { code, stdout } = await review("--post", "--pr", "7", "--json");
    expect(code).toBe(1);
    expect(JSON.parse(stdout).url).toContain("#issuecomment-100");
    expect(api.comments).toHaveLength(1);
    expect(api.comments[0]?.body).toContain("the preview of mainpc failed");
  });

  it("comments on a mistake in a stack's file, and previews nothing", async () => {
    const path = join(folder, "Pulumi.pc2.yaml");
    writeFileSync(path, readFileSync(path, "utf8").replace("hubPort: 9100", "hubPort: 91000"));
    expect((await review("--post", "--pr", "7")).code).toBe(1);
    expect(api.comments[0]?.body).toContain(
      "tandem:machine.hubPort in Pulumi.pc2.yaml: expected at most 65535; got 91000",
    );
    expect(existsSync(join(folder, "calls"))).toBe(false);
  });

  it("is not asked to look at the machines and not to look at them", async () => {
    expect((await review("--refresh", "--no-drift")).stderr).toContain("Leave out one of them");
  });

  it("says what is missing for a comment before it previews anything", async () => {
    vi.stubEnv("GITHUB_TOKEN", "");
    expect((await review("--post", "--pr", "7")).stderr).toContain("GITHUB_TOKEN is not set");
    expect(existsSync(join(folder, "calls"))).toBe(false);
  });

  it("publishes nothing in which a secret of the stack stands, not even in the folded part", async () => {
    const path = join(folder, "Pulumi.pc2.yaml");
    writeFileSync(path, `${readFileSync(path, "utf8")}  tandem:grafanaPassword:\n    secure: v1:abc\n`);
    writeFileSync(join(folder, "secrets.json"), JSON.stringify({ "tandem:grafanaPassword": { value: password } }));
    plan("pc2", log(summary({ same: 31 })), `    + env: "${password}"\n`);
    const { code, stdout, stderr } = await review("--post", "--pr", "7");
    expect(code).toBe(1);
    expect(stderr).toContain("would show a secret: pc2 grafanaPassword");
    expect(stdout + stderr).not.toContain(password);
    expect(api.comments).toEqual([]);
  });
});
