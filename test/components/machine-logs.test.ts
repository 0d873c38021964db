import * as pulumi from "@pulumi/pulumi";
import { afterAll, beforeEach, describe, expect, it, vi } from "vitest";
import { readLogsToken } from "../../components/logs-token.ts";
import { machineLogs } from "../../components/machine-logs.ts";
import { SatelliteSite } from "../../components/satellite-site.ts";
import type { StackSite } from "../../components/site.ts";
import { parseStackConfig } from "../../components/stack-config.ts";
import { OperatorError } from "../../ops/error.ts";
import { named, promised, recordResources, settled, stackValues } from "./recorder.ts";
import { satelliteValues } from "./satellite-stack.ts";

const logs = { directories: ["/srv/fleet/logs"] };
const push = [
  { name: "logs", tokenSecret: "logs", jobs: ["log-*"], machines: ["mainpc", "pc2"] },
  { name: "backup", tokenSecret: "backup", jobs: ["backup"] },
];
const accessTokens = {
  logs: "logs 0123456789 0123456789 0123456789",
  backup: "backup 0123456789 0123456789 0123456789",
};
const siteOf = (more: object) => parseStackConfig({ ...stackValues("pc2"), logs, ...more }, "pc2");
const asking = siteOf({ access: { push } });
const nas = SatelliteSite.parse(satelliteValues({ logs }));

describe("the token of the care for logs", () => {
  it("is a secret of the stack, and none where it has none or cares for no logs", async () => {
    const read = (await readWith(asking, accessTokens.logs)) ?? pulumi.output("");
    expect([await pulumi.isSecret(read), await promised(read)]).toEqual([true, accessTokens.logs]);
    expect(await readWith(asking, "")).toBeUndefined();
    expect(await readWith(siteOf({ logs: {}, access: { push } }), accessTokens.logs)).toBeUndefined();
  });

  it("in plain text, or of more than one line, is refused without being repeated", async () => {
    const plain = await refusal(() => readWith(asking, accessTokens.logs, []));
    expect(plain).toContain("tandem:logsToken in Pulumi.pc2.yaml: it stands there in plain text");
    expect(plain).toContain("pulumi config set -s pc2 --secret logsToken < FILE");
    const lines = await refusal(() => readWith(asking, "0123456789\nX-Other: header"));
    expect(lines).toContain("it is not one line");
    for (const said of [plain, lines]) expect(said).not.toContain("0123456789");
  });

  it("which the machine's own hub would refuse is refused, with why", async () => {
    expect(await refusal(() => readWith(asking, "another 0123456789 0123456789 012345"))).toContain(
      "it is the token of nobody in tandem:access.push",
    );
    expect(await refusal(() => readWith(asking, accessTokens.backup))).toContain(
      "the token of backup writes no group of job log-quota",
    );
    const elsewhere = siteOf({ access: { push: [{ ...push[0], machines: ["mainpc"] }] } });
    expect(await refusal(() => readWith(elsewhere, accessTokens.logs))).toContain(
      "the token of logs writes no group of machine pc2",
    );
  });

  it("of a satellite is taken as it is, since its stack knows nobody's tokens", async () => {
    expect(await readWith(nas, "another 0123456789 0123456789 012345")).toBeDefined();
  });
});

describe("a hub that asks for tokens", () => {
  const warnings = vi.spyOn(pulumi.log, "warn");
  beforeEach(() => {
    warnings.mockReset().mockResolvedValue();
  });
  afterAll(() => warnings.mockRestore());

  it("and logs without one are warned of, and those with one, or of a hub that asks for none, are not", async () => {
    await made(asking);
    expect(warnings.mock.calls.map(([text]) => text)).toEqual([
      expect.stringMatching(/^The hub of pc2 is not told what its logs hold: .*the stack has no logsToken/),
    ]);
    warnings.mockClear();
    await made(asking, accessTokens.logs);
    await made(siteOf({}));
    await made(nas);
    expect(warnings).not.toHaveBeenCalled();
  });

  it("is shown it from a file among the machine's secrets", async () => {
    const recorded = await made(asking, accessTokens.logs);
    const care = named(recorded, "box-logs-care-write").inputs.stdin;
    expect(care).toContain("-H @'/etc/tandem/secrets/logs/authorization'");
    expect(named(recorded, "box-logs-token-write").inputs.create).toContain("'/etc/tandem/secrets/logs/authorization'");
  });
});

async function readWith(site: StackSite, logsToken: string, secretKeys = ["logsToken", "accessTokens"]) {
  const config = { accessTokens, ...(logsToken === "" ? {} : { logsToken }) };
  await recordResources("pc2", config, secretKeys);
  return readLogsToken(site);
}

async function made(site: StackSite, token?: string) {
  const recorded = await recordResources("pc2");
  const fleet = { inventories: [], batches: [], agents: [] };
  const reach = { kind: "local", socket: "unix:///var/run/docker.sock" } as const;
  const hub = { address: "192.0.2.20", hubPort: 9100 };
  const rotation = machineLogs(
    "box",
    { site, fleet, reach, hub, token: token === undefined ? undefined : pulumi.secret(token) },
    {},
  );
  if (rotation !== undefined) await settled(rotation);
  return recorded;
}

async function refusal(work: () => Promise<unknown>): Promise<string> {
  try {
    await work();
    return "accepted";
  } catch (error) {
    if (error instanceof OperatorError) return error.toText();
    throw error;
  }
}
