import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fleetDir } from "../../../fleet/load.ts";
import { registerFleet } from "../../../ops/fleet.ts";
import { monthLaterPaths } from "../../fleet/import/fixture.ts";
import { runCommand } from "../run-command.ts";

describe("tandem fleet import", () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "tandem-fleet-import-"));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  const fleet = (...args: string[]) => runCommand(registerFleet, ["fleet", ...args]);
  const importLater = (...args: string[]) => fleet("import", ...monthLaterPaths, ...args);
  const write = (name: string, text: string) => {
    const path = join(dir, name);
    writeFileSync(path, text);
    return path;
  };
  const agentOn = (machine: string, name: string) =>
    write(
      `${machine}.yaml`,
      `machine: ${machine}\nagents:\n  - { name: ${name}, port: 7000, health_port: 8000, required: true }\n`,
    );

  it("writes an inventory that the check takes, and ends with the counts and the next command", async () => {
    const out = join(dir, "out");
    const { code, stdout } = await importLater("--out", out);
    expect(code).toBe(0);
    expect(readdirSync(out).sort()).toEqual(["batches.yaml", "mainpc.yaml", "pc2.yaml"]);
    expect(stdout.trimEnd().split("\n").slice(-3)).toEqual([
      expect.stringMatching(/^72 agents on 2 machines \(49 on mainpc, 23 on pc2\), 0 errors, \d+ warnings, \d+ notes$/),
      `Written: ${["mainpc.yaml", "pc2.yaml", "batches.yaml"].map((name) => join(out, name)).join(" ")}`,
      `Next: tandem fleet check --dir ${out}`,
    ]);
    expect((await fleet("check", "--dir", out)).code).toBe(0);
  });

  it("replaces files with --force alone, by the same bytes", async () => {
    const out = join(dir, "out");
    await importLater("--out", out);
    const before = readFileSync(join(out, "mainpc.yaml"), "utf8");
    const { code, stderr } = await importLater("--out", out);
    expect([code, stderr]).toEqual([1, expect.stringContaining("mainpc.yaml, pc2.yaml, batches.yaml are in")]);
    expect((await importLater("--out", out, "--force")).code).toBe(0);
    expect(readFileSync(join(out, "mainpc.yaml"), "utf8")).toBe(before);
  });

  it("prints the files and writes nothing with --dry-run", async () => {
    const out = join(dir, "out");
    const { code, stdout } = await importLater("--out", out, "--dry-run");
    expect([code, readdirSync(dir)]).toEqual([0, []]);
    expect(stdout).toContain("mainpc.yaml ──\n# The agents that live on mainpc");
    expect(stdout).toContain("Nothing is written (--dry-run)");
  });

  it("--json is one object with counts, findings, what was written and what comes next", async () => {
    const { stdout } = await importLater("--out", join(dir, "out"), "--json");
    const report = JSON.parse(stdout) as Record<string, unknown> & { findings: { severity: string }[] }; // our own output
    expect(report).toMatchObject({ agents: 72, machines: { mainpc: 49, pc2: 23 }, errors: 0 });
    expect(report.findings.filter(({ severity }) => severity === "warning")).toHaveLength(Number(report.warnings));
    expect(report.written).toHaveLength(3);
    expect(report.next).toMatch(/^tandem fleet check --dir /);
  });

  it("writes nothing and ends with 1 when a file is wrong, and says where", async () => {
    const wrong = write(
      "pc2.yaml",
      "machine: pc2\nagents:\n  - { name: A, port: 7000, health_port: 7000, dependencies: [Nobody] }\n",
    );
    const { code, stdout } = await fleet("import", agentOn("mainpc", "B"), wrong, "--out", join(dir, "out"));
    expect(code).toBe(1);
    expect(readdirSync(dir).sort()).toEqual(["mainpc.yaml", "pc2.yaml"]);
    expect(stdout).toContain(`${wrong}:3: error: pc2/A depends on Nobody, which is in no inventory\n  → `);
    expect(stdout).toContain("Nothing is written\nNext: mend the errors");
  });

  it("asks for the other machine of the pair, and for what a third one is", async () => {
    const alone = await fleet("import", agentOn("mainpc", "A"), "--out", join(dir, "out"));
    expect(alone.stdout).toContain("these are 1: mainpc\n  → Give the startup file of the other machine too");
    const files = ["mainpc", "pc2", "nas"].map((machine) => agentOn(machine, `On${machine}`));
    const three = await fleet("import", ...files, "--out", join(dir, "out"));
    expect(three.stdout).toContain("Say which have no hub: --satellite nas=pc2");
    const said = await fleet("import", ...files, "--satellite", "nas=pc2", "--out", join(dir, "out"));
    expect(said.code).toBe(0);
    expect(readFileSync(join(dir, "out", "nas.yaml"), "utf8")).toContain("watchedBy: pc2");
  });

  it("takes MACHINE=FILE, an offset of the ports, and names for hub and pilots", async () => {
    const text = (name: string) =>
      `agents:\n  - { name: ${name}, port: "$`.concat(`{PORT_OFFSET}+7000", health_port: 9000, required: true }\n`);
    mkdirSync(join(dir, "a"));
    const [main, edge] = [write("a/startup.yaml", text("Center")), write("startup.yaml", text("B"))];
    const out = join(dir, "out");
    const { code } = await fleet(
      "import",
      `mainpc=${main}`,
      `pc2=${edge}`,
      "--port-offset",
      "5",
      "--hub",
      "Center",
      "--pilots",
      "B",
      "--out",
      out,
    );
    expect(code).toBe(0);
    expect(readFileSync(join(out, "mainpc.yaml"), "utf8")).toContain("isHub: true");
    expect(readFileSync(join(out, "pc2.yaml"), "utf8")).toContain("port: 7005, healthPort: 9000");
    expect(readFileSync(join(out, "batches.yaml"), "utf8")).toContain("name: pilots\n    agents:\n      - pc2/B");
  });

  it("never writes the inventory in use, by whatever path, nor the startup files", async () => {
    symlinkSync(fleetDir, join(dir, "link"));
    for (const out of [fleetDir, join(dir, "link")]) {
      const { code, stderr } = await importLater("--out", out, "--force");
      expect([code, stderr]).toEqual([
        1,
        expect.stringContaining("is the inventory in use, which an import never writes"),
      ]);
    }
    const files = ["mainpc", "pc2"].map((machine) => agentOn(machine, "A"));
    const own = await fleet("import", ...files, "--out", dir, "--force");
    expect(own.stderr).toContain("is a startup file, and would be replaced by what is read from it");
  });

  it("warns of another machine's file that lies in the folder already", async () => {
    mkdirSync(join(dir, "out"));
    write("out/old.yaml", "machine: old\n");
    const { stdout } = await importLater("--out", join(dir, "out"));
    expect(stdout).toContain("old.yaml:1: warning: old.yaml is in");
  });

  it("says which file cannot be read", async () => {
    const { code, stderr } = await fleet("import", join(dir, "none.yaml"));
    expect([code, stderr]).toEqual([1, expect.stringContaining("none.yaml cannot be read")]);
  });
});
