import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getCACertificates } from "node:tls";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { createAuthority } from "../../../ops/init/certificates.ts";
import { readPairStacks, readStacks } from "../../../ops/site/stacks.ts";
import { stackValues } from "../../components/recorder.ts";
import { satelliteKeys } from "../../components/satellite-stack.ts";
import { securedStack } from "../../components/secured-stack.ts";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "tandem-stacks-"));
  for (const stack of ["mainpc", "pc2"]) put(stack, stackValues(stack));
});
afterEach(() => rmSync(dir, { recursive: true }));

function put(stack: string, values: Record<string, unknown>): void {
  const config = Object.fromEntries(Object.entries(values).map(([key, value]) => [`tandem:${key}`, value]));
  writeFileSync(join(dir, `Pulumi.${stack}.yaml`), stringify({ config }));
}
const names = (given?: string[]) => readStacks(given, dir).map(({ name, site }) => `${name} ${site.role}`);

describe("the stacks of a site", () => {
  it("are the pair's and those of satellites, and no other file beside them", () => {
    expect(names()).toEqual(["mainpc pair", "pc2 pair"]);
    put("nas", satelliteKeys);
    put("try-out", { ...stackValues("pc2"), hubs: [] });
    writeFileSync(join(dir, "Pulumi.yaml"), "name: tandem\n");
    expect(names()).toEqual(["mainpc pair", "pc2 pair", "nas satellite"]);
    expect(names(["nas"])).toEqual(["nas satellite"]);
  });

  it("have both CAs of their hubs believed, also where they are to speak no TLS any more", () => {
    const [link, own] = ["link", "own"].map((name) => createAuthority({ name, now: new Date() }).certificate);
    const { security } = securedStack("pc2").values;
    put("pc2", { ...stackValues("pc2"), security: { ...Object(security), ca: link }, hub: { tls: { ca: own } } });
    const believed = () => getCACertificates("default").map((pem) => pem.trim());
    for (const ca of [link, own]) expect(believed()).not.toContain(ca?.trim());
    readStacks(["pc2"], dir);
    for (const ca of [link, own]) expect(believed()).toContain(ca?.trim());
  });

  it("that are asked for hubs must be the pair's", () => {
    put("nas", satelliteKeys);
    expect(readPairStacks(["pc2"], dir)[0]?.machine.hubPort).toBe(9100);
    expect(() => readPairStacks(["nas"], dir)).toThrow("Pulumi.nas.yaml is the stack of nas, a satellite");
  });
});
