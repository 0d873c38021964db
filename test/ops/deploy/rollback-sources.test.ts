import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { deploymentsOf, storeProgram, writeRecord } from "../../../ops/deploy/archive.ts";
import { rollbackSources } from "../../../ops/deploy/rollback-sources.ts";
import { deployment } from "./deployment.ts";
import { localPlaces } from "./local-place.ts";

let site: ReturnType<typeof localPlaces>;
beforeEach(() => {
  site = localPlaces("pc2", "mainpc");
  process.env.XDG_CACHE_HOME = join(site.folder, "cache");
  mkdirSync(join(site.folder, "node_modules"));
  writeFileSync(join(site.folder, "Pulumi.yaml"), "name: tandem\n");
});
afterEach(() => {
  delete process.env.XDG_CACHE_HOME;
  site.remove();
});

const inventory = (machine: string, agents: string) =>
  `machine: ${machine}\ngpu: none\nfailover: optional\nagents: ${agents}\n`;
/** A program whose pc2 carries Tutor. */
const programOf = (image: string): Buffer => {
  const at = mkdtempSync(join(site.folder, "pack-"));
  mkdirSync(join(at, "fleet"));
  writeFileSync(join(at, "Pulumi.yaml"), "name: tandem\n");
  writeFileSync(join(at, "index.ts"), "");
  const own = `port: 5000, healthPort: 6000, httpPort: 6001, health: { kind: http }, container: { image: "${image}" }`;
  const agents = { pc2: `[{ name: Tutor, group: tutoring, required: false, ${own} }]`, mainpc: "[]" };
  for (const name of ["pc2", "mainpc"] as const) {
    const machine = `"tandem:machine": { name: ${name}, address: 127.0.0.1 }`;
    const docker = `"tandem:docker": { socket: "unix:///nowhere.sock" }`;
    const peer = `"tandem:peer": { name: ${name === "pc2" ? "mainpc" : "pc2"}, address: 127.0.0.2 }`;
    writeFileSync(join(at, `Pulumi.${name}.yaml`), `config: { ${machine}, ${peer}, ${docker} }\n`);
    writeFileSync(join(at, "fleet", `${name}.yaml`), inventory(name, agents[name]));
  }
  writeFileSync(join(at, "fleet", "batches.yaml"), "batches: [{ name: all, agents: [pc2/Tutor] }]\n");
  return execFileSync("tar", ["-czf", "-", "-C", at, "."]);
};

const keep = async (machine: string, numbers: number[]) => {
  const place = site.places.find(({ name }) => name === machine);
  if (place === undefined) throw new RangeError(`no place ${machine}`);
  for (const number of numbers) {
    await storeProgram(place, number, programOf(`tutor:${number}`));
    await writeRecord(place, deployment({ number, machine, commit: `commit${number}` }));
  }
};
const sourcesOf = async (options: { agent?: string }) => {
  const kept = await Promise.all(site.places.map(async (place) => ({ place, kept: await deploymentsOf(place) })));
  return await rollbackSources(kept, { dir: site.folder, ...options }, () => {});
};

it("one agent goes back from what its own machine runs, though the other one's deployments are newer", async () => {
  await keep("pc2", [4, 5]);
  await keep("mainpc", [11, 12]);
  const sources = await sourcesOf({ agent: "Tutor" });
  expect([...sources].map(([machine, { rollbackOf }]) => [machine, rollbackOf])).toEqual([["pc2", 4]]);
  expect(sources.get("pc2")?.git).toEqual({ commit: "commit5", dirty: true });
  const restored = readFileSync(join(sources.get("pc2")?.program.folder ?? "", "fleet", "pc2.yaml"), "utf8");
  expect(restored).toContain("tutor:4");
  expect(sources.get("pc2")?.known?.steps).toMatchObject([{ op: "replace", diffs: ["image"] }]);
}, 30_000);

it("a machine that goes back runs the commit of the deployment that it goes back to", async () => {
  await keep("pc2", [4, 5]);
  const [source] = (await sourcesOf({})).values();
  expect(source).toMatchObject({ rollbackOf: 4, git: { commit: "commit4", dirty: false } });
}, 30_000);
