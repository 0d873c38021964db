import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { readinessProblems, type Wanted } from "../../components/readiness.ts";
import { engineScript, readinessScript } from "../../components/readiness-script.ts";

/** Stands in for an engine, so that it does not matter what this computer has. */
function engine(body: string): string {
  const folder = mkdtempSync(join(tmpdir(), "tandem-ready-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "docker");
  writeFileSync(path, `#!/bin/sh\n${body}\n`, { mode: 0o755 });
  return path;
}
const run = (script: string) => execFileSync("sh", ["-c", script], { encoding: "utf8" });

describe.skipIf(process.platform !== "linux")("the scripts, run by sh", () => {
  it("tell an engine's version, the images that it lacks and the process of each container", () => {
    const docker = engine(`case "$1 $2" in
      version*) echo 20.10.24 ;;
      "image inspect") [ "$3" != "it's missing" ] ;;
      "ps -q") echo 0123 ;;
      inspect*) echo 'runs /tandem-mainpc-hub 41' ;;
    esac`);
    expect(run(engineScript({ docker, images: ["nats:1", "it's missing"] }))).toBe(
      "engine 20.10.24\nabsent it's missing\nruns /tandem-mainpc-hub 41\n",
    );
  });

  it("ask nothing more where no engine answers, and end well", () => {
    const docker = engine("echo 'a client is here' >&2; echo 'Cannot connect to the Docker daemon' >&2; exit 1");
    const script = `${engineScript({ docker, images: ["nats:1"] })}\necho more`;
    expect(run(script)).toBe("no-engine Cannot connect to the Docker daemon\n");
  });

  it.skipIf(process.getuid?.() !== 0)(
    "find a port that is listened on, and the room of a directory yet to be made",
    async () => {
      const server = createServer().listen(0, "127.0.0.1");
      await once(server, "listening");
      onTestFinished(() => void server.close());
      const { port } = server.address() as AddressInfo; // a TCP server has one
      const directories = { "paths.data": "/var/not/there" };
      const said = run(readinessScript({ docker: engine("exit 1"), directories, listing: "echo listed" }));
      expect(said).toMatch(/^free paths\.data \d+ \//m);
      expect(said).not.toMatch(/^free docker/m);
      expect(said).toMatch(/\nlisted\n$/);
      const ports = [{ port, address: "127.0.0.1", container: "tandem-mainpc-hub", key: "machine.hubPort" }];
      const wanted: Wanted = { ports, directories, login: undefined };
      expect(readinessProblems(said, "mainpc", wanted).map(({ what }) => what)).toContainEqual(
        expect.stringContaining(`port ${port} on mainpc is taken by`),
      );
    },
  );

  it("ask nothing of the machine's files as a user who is not root", () => {
    const script = `id() { [ "$1" = -u ] && echo 1000 || echo ops; }\n${readinessScript({ docker: "docker", directories: {}, listing: "echo listed" })}`;
    expect(run(script)).toBe("not-root ops\n");
  });
});
