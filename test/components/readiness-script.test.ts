import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { type ReadinessArgs, readinessProblems, readinessScript } from "../../components/readiness-script.ts";

const wanted = (port: number, dataDirectory = "/"): ReadinessArgs => ({
  ports: [{ port, container: "tandem-mainpc-hub", key: "machine.hubPort" }],
  dataDirectory,
  docker: "docker",
});

describe("what a machine says before an up", () => {
  it("without an engine is one problem, with its own words and what to do", () => {
    const said = "no-engine Cannot connect to the Docker daemon\nlistens 2328\nfree 1 /";
    expect(readinessProblems(said, "mainpc", wanted(9_000))).toEqual([
      {
        what: "no Docker engine answers on mainpc: Cannot connect to the Docker daemon",
        next: expect.stringContaining("usermod -aG docker"),
      },
    ]);
  });

  it("with somebody else on port 9000 names who it is and the key that moves the hub", () => {
    const said = 'engine 20.10.24\nlistens 2328\nby 0.0.0.0:9000 users:(("nginx",pid=7,fd=6))\nfree 9000000 /';
    expect(readinessProblems(said, "mainpc", wanted(9_000))).toEqual([
      { what: "port 9000 on mainpc is taken by nginx", next: expect.stringContaining("--path machine.hubPort") },
    ]);
  });

  it("with its own hub on port 9000 is no problem", () => {
    const said = "engine 20.10.24\nruns tandem-mainpc-hub\nlistens 2328\nfree 9000000 /";
    expect(readinessProblems(said, "mainpc", wanted(9_000))).toEqual([]);
  });

  it("with 511 MiB left on the disk of the data is a problem, with 512 it is not", () => {
    const said = (megabytes: number) => `engine 20.10.24\nfree ${megabytes * 1024} /srv/my data`;
    expect(readinessProblems(said(511), "mainpc", wanted(9_000))[0]?.what).toMatch(
      /\/srv\/my data on mainpc has 511 MiB/,
    );
    expect(readinessProblems(said(512), "mainpc", wanted(9_000))).toEqual([]);
  });
});

describe.skipIf(process.platform !== "linux")("the script, run by sh", () => {
  it("finds a port that is listened on and the room of a directory that is not there yet", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo; // a TCP server has one
    const folder = mkdtempSync(join(tmpdir(), "tandem-ready-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    // An engine that answers, whatever this computer has.
    writeFileSync(join(folder, "docker"), "#!/bin/sh\n[ $1 != version ] || echo 20.10.24\n", { mode: 0o755 });
    const args = { ...wanted(port, join(folder, "not", "there")), docker: join(folder, "docker") };
    const said = execFileSync("sh", ["-c", readinessScript(args)], { encoding: "utf8" });
    expect(said).toMatch(new RegExp(`^free \\d+ ${folder}$`, "m"));
    expect(readinessProblems(said, "mainpc", args).map(({ what }) => what)).toEqual([
      expect.stringContaining(`port ${port} on mainpc is taken by`),
    ]);
  });
});
