import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";

const root = join(import.meta.dirname, "..", "..", "..");
const run = (...args: string[]) =>
  spawnSync(process.execPath, ["ops/tandem.ts", ...args], { cwd: root, encoding: "utf8" });

/** A folder with the repository's own stacks, whose machines nobody can reach. */
function nowhere(): string {
  const folder = mkdtempSync(join(tmpdir(), "tandem-nowhere-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const name of readdirSync(root).filter((file) => file.startsWith("Pulumi.")))
    cpSync(join(root, name), join(folder, name));
  return folder;
}

describe("the commands of a deployment", () => {
  it.each(["deploy", "rollback", "history", "unlock"])("%s explains itself, with an example", (name) => {
    const { status, stdout } = run(name, "--help");
    expect(status).toBe(0);
    expect(stdout).toMatch(new RegExp(`\\$ tandem ${name}`));
  });

  it("refuse a machine that the site does not have, and a number that is none", () => {
    const unknown = run("deploy", "--machine", "mainpc", "attic", "--dir", nowhere(), "--json");
    expect(unknown.status).toBe(1);
    expect(JSON.parse(unknown.stdout).error).toMatchObject({
      code: "deploy.machine",
      next: "The site has pc2, mainpc",
    });
    expect(run("rollback", "--to", "0").stderr).toContain("a whole number above 0");
  });
});
