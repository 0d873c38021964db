import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { siteDir } from "../../../ops/site/stacks.ts";
import { findTarget, requireStill, type Target, takesOrders } from "../../../ops/soak/target.ts";

const machine = (name: string, port: number) => ({
  machine: {
    name,
    hubName: "Hub",
    beats: { host: "127.0.0.1", port: port + 4 },
    hub: { host: "127.0.0.1", port },
    nats: { host: "127.0.0.1", port: port + 1 },
    monitoring: { host: "127.0.0.1", port: port + 2 },
    pushgateway: { host: "127.0.0.1", port: port + 3 },
  },
});
const siteUrls = ["http://192.0.2.10:9000", "http://192.0.2.20:9100"];
const stack = ["mainpc", "pc2"];

describe("the pair that is meant", () => {
  let dir: string;
  const writeRun = (port: number) => {
    for (const [i, name] of ["mainpc", "pc2"].entries()) {
      mkdirSync(join(dir, name), { recursive: true });
      writeFileSync(join(dir, name, "hub.json"), JSON.stringify(machine(name, port + 100 * i)));
    }
  };
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "soak-target-"));
    writeRun(9_000);
  });
  afterEach(() => rmSync(dir, { recursive: true }));
  const find = (changes: Partial<Parameters<typeof findTarget>[0]> = {}) =>
    findTarget({ stack, dir: siteDir, stacksOnly: false, ...changes });

  it("of a local run is kept with its whole path and its hubs, from wherever it was named", () => {
    expect(find({ data: relative(process.cwd(), dir) })).toEqual({
      kind: "local",
      folder: dir,
      hubUrls: ["http://127.0.0.1:9000", "http://127.0.0.1:9100"],
    });
  });

  it("of a site is kept with the whole path of its stacks' files", () => {
    expect(find({ dir: relative(process.cwd(), siteDir) || ".", stacksOnly: true })).toMatchObject({
      kind: "site",
      stacks: { names: stack, dir: siteDir.replace(/\/$/, "") },
      hubUrls: siteUrls,
    });
  });

  it("is not gone on with when its hubs are elsewhere by now", () => {
    const target = find({ data: dir });
    expect(() => requireStill(target)).not.toThrow();
    writeRun(19_000);
    expect(() => requireStill(target)).toThrow(
      "were at http://127.0.0.1:9000 and http://127.0.0.1:9100 when this soak began, and are at http://127.0.0.1:19000",
    );
  });

  it("is not gone on with when its stacks name other machines by now", () => {
    for (const name of stack) cpSync(join(siteDir, `Pulumi.${name}.yaml`), join(dir, `Pulumi.${name}.yaml`));
    const target = find({ dir, stacksOnly: true });
    const path = join(dir, "Pulumi.pc2.yaml");
    writeFileSync(path, readFileSync(path, "utf8").replaceAll("192.0.2.20", "192.0.2.21"));
    expect(() => requireStill(target)).toThrow("are at http://192.0.2.10:9000 and http://192.0.2.21:9100 now");
  });

  it("is given orders through its stacks when hubs are named that they describe", () => {
    expect(find({ hub: siteUrls })).toMatchObject({ kind: "hubs", stacks: { names: stack } });
    expect(find({ hub: ["http://192.0.2.10:9000/", "http://192.0.2.99:9100"] })).toMatchObject({ stacks: null });
    expect(find({ hub: siteUrls, dir: "/nowhere" })).toMatchObject({ stacks: null });
  });

  it("takes orders from here, or by its stacks, or not at all", () => {
    const hubs = (...hubUrls: string[]): Target => ({ kind: "hubs", stacks: null, hubUrls });
    expect(takesOrders(hubs("http://127.0.0.1:9000", "http://[::1]:9100", "http://localhost:1"))).toBe(true);
    expect(takesOrders(hubs("http://127.0.0.1:9000", "http://192.0.2.20:9100"))).toBe(false);
    expect(takesOrders(find({ hub: siteUrls }))).toBe(true);
  });
});
