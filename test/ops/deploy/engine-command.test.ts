import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { EngineCommand, endLeftovers } from "../../../ops/deploy/engine-command.ts";

/** Says what it was asked; `up` never ends, and hears SIGINT where it is told to. */
const pulumi = `#!/bin/sh
case $1 in
  version) echo v3.248.0 ;;
  up) [ -z "$DEAF" ] || trap "" INT; echo begun; while :; do sleep 0.05; done ;;
  *) echo "$*" ;;
esac
`;

describe("the engine's command line", () => {
  let folder: string;
  const path = process.env.PATH;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "tandem-pulumi-"));
    writeFileSync(join(folder, "pulumi"), pulumi);
    chmodSync(join(folder, "pulumi"), 0o755);
    process.env.PATH = `${folder}:${path}`;
  });
  afterEach(() => {
    process.env.PATH = path;
    rmSync(folder, { recursive: true, force: true });
  });

  it.each([
    ["the stack selected that an operator has", ["stack", "select", "--stack", "pc2"], ""],
    ["outputs, with their secrets, unread", ["stack", "output", "--json", "--show-secrets"], "{}"],
    ["the history of updates unread", ["stack", "history", "--json"], "[]"],
    ["all else to the CLI", ["stack", "export"], "stack export --non-interactive"],
  ])(
    "leaves %s",
    async (_, args, answer) => {
      const command = await EngineCommand.find("run-1");
      const { stdout } = await command.run(args, folder, {});
      expect(stdout.trim()).toBe(answer);
    },
    30_000,
  );

  it.each([
    ["asked to end", ""],
    ["killed where it does not listen", "1"],
  ])(
    "is %s at its deadline, and says so",
    async (_, deaf) => {
      const command = await EngineCommand.find("run-1", { atMostMs: { up: 600 }, endMs: 300 });
      await expect(command.run(["up"], folder, { DEAF: deaf })).rejects.toMatchObject({
        code: "deploy.engine-late",
        message: "pulumi up did not end within 0.01 min and was ended",
      });
    },
    30_000,
  );
});

it.runIf(process.platform === "linux")(
  "what a run has left is ended by its whole id alone, and by no empty one",
  async () => {
    const left = spawn("sleep", ["60"], { env: { ...process.env, TANDEM_DEPLOY_RUN: "run-17" }, stdio: "ignore" });
    onTestFinished(() => void left.kill("SIGKILL"));
    await once(left, "spawn");
    const said: string[] = [];
    await endLeftovers(["", "run-1"], (line) => said.push(line));
    expect([said, left.exitCode, left.signalCode]).toEqual([[], null, null]);
    const ended = once(left, "exit");
    await endLeftovers(["run-17"], (line) => said.push(line));
    await ended;
    expect(said).toEqual(["ending what is left of it: 1 processes of its engine"]);
  },
  30_000,
);
