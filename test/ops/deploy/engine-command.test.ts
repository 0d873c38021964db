import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { EngineCommand } from "../../../ops/deploy/engine-command.ts";

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
