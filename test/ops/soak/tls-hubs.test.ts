/** Hubs that speak TLS with certificates of the site's CA, which a later start and a verification have to believe by the run's stacks. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { findPair } from "../../../ops/soak/pair.ts";
import { readCheckpoints } from "../../../ops/soak/run-files.ts";
import type { RunningTarget } from "../../../ops/soak/target.ts";
import { verifyFolder } from "../../../ops/soak/verify-folder.ts";
import { registerSoak } from "../../../ops/soak.ts";
import { securedStack } from "../../components/secured-stack.ts";
import { TlsSite } from "../../support/tls-files.ts";
import { runCommand } from "../run-command.ts";
import { finishRun } from "./finished-run.ts";

const names = ["mainpc", "pc2"];

describe("hubs whose certificates are of the site's CA", () => {
  let dir: string;
  let site: TlsSite;
  let server: Server;
  let url: string;
  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), "soak-tls-"));
    // One a test: what is believed once is believed on.
    site = new TlsSite();
    const { certificate: cert, privateKey: key } = site.issue("mainpc");
    server = createServer({ cert, key }, ({ url: path }, response) =>
      response.end(
        JSON.stringify(path === "/api/v1/fleet" ? { machine: "mainpc" } : { machine: "mainpc", documents: [] }),
      ),
    );
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`; // it listens on a port
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
    site.remove();
    rmSync(dir, { recursive: true });
  });

  const writeStacks = () => {
    for (const name of names) {
      const { values } = securedStack(name);
      const { certificate: leafCertificate } = site.issue(name, {});
      const security = { ...Object(values.security), ca: site.authority.certificate, leafCertificate };
      const [machine, peer] = [values.machine, values.peer].map((one) => ({ ...Object(one), hubTls: true }));
      const config = Object.entries({ ...values, security, machine, peer });
      const keyed = Object.fromEntries(config.map(([key, value]) => [`tandem:${key}`, value]));
      writeFileSync(join(dir, `Pulumi.${name}.yaml`), stringify({ config: keyed }));
    }
  };
  const target = (hubUrls = [url]): RunningTarget => ({ kind: "hubs", stacks: { names, dir }, hubUrls });
  const run = () => join(dir, "run");
  const verified = async () => {
    const { code, stdout } = await runCommand(registerSoak, ["soak", "verify", run()]);
    return [code, stdout] as const;
  };

  it("are found by a soak that goes on, by the stacks that described them when it began", async () => {
    await expect(findPair(target())).rejects.toThrow("no hub answers");
    writeStacks();
    expect(await findPair(target())).toMatchObject({ hubs: [{ name: "mainpc", hubUrl: url }] });
  });

  it("are asked for their copies by a verification, and one without a copy is told of", async () => {
    writeStacks();
    finishRun(run(), undefined, target());
    expect(readCheckpoints(run()).size).toBe(2);
    expect(await verifyFolder(run())).toMatchObject({
      problems: [{ of: `the copy at ${url}`, what: "is missing" }],
      notes: [],
    });
  });

  it("are told of when they were refused for their certificates, and that no copies were compared, which is no edit", async () => {
    finishRun(run(), undefined, target());
    const [code, said] = await verified();
    expect(code).toBe(0);
    expect(said).toMatch(new RegExp(`${url}: .*certificate.*: its copy was not compared; TANDEM_CA_FILE`));
    expect(said).toContain("no hub answered: the copies that they keep were not compared");
  });

  it("are told of when none answers, with why, but not for a pair of the run's own, whose copies ended with it", async () => {
    finishRun(run(), undefined, target(["http://127.0.0.1:9"]));
    const [code, said] = await verified();
    expect(code).toBe(0);
    expect(said).toContain("no hub answered: the copies that they keep were not compared (http://127.0.0.1:9: ");
    const own = join(dir, "own");
    finishRun(own);
    expect((await verifyFolder(own)).notes).toEqual([]);
  });
});
