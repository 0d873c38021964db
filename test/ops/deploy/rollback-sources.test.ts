import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { deploymentsOf, storeProgram, writeRecord } from "../../../ops/deploy/archive.ts";
import { noteStored } from "../../../ops/deploy/kept-program.ts";
import { ownNotesPath } from "../../../ops/deploy/own-notes.ts";
import type { Place } from "../../../ops/deploy/place.ts";
import { unpackFolder } from "../../../ops/deploy/program.ts";
import { type RollbackOptions, rollbackSources } from "../../../ops/deploy/rollback-sources.ts";
import { deployment } from "./deployment.ts";
import { localPlaces } from "./local-place.ts";

let site: ReturnType<typeof localPlaces>;
let said: string[];
const path = process.env.PATH;
beforeEach(() => {
  said = [];
  site = localPlaces("pc2", "mainpc");
  process.env.XDG_CACHE_HOME = join(site.folder, "cache");
  mkdirSync(join(site.folder, "node_modules"));
  writeFileSync(join(site.folder, "Pulumi.yaml"), "name: tandem\n");
});
afterEach(() => {
  process.env.PATH = path;
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

const placeNamed = (name: string): Place => {
  const place = site.places.find((one) => one.name === name);
  if (place === undefined) throw new RangeError(`no place ${name}`);
  return place;
};
const keep = async (machine: string, numbers: number[]) => {
  for (const number of numbers) {
    const program = programOf(`tutor:${number}`);
    await noteStored(site.places, site.folder, number, new Map([[machine, program]]));
    await store(machine, number, program);
  }
};
/** As a version that made no notes. */
const store = async (machine: string, number: number, program: Buffer) => {
  await storeProgram(placeNamed(machine), number, program);
  await writeRecord(placeNamed(machine), deployment({ number, machine, commit: `commit${number}` }));
};
const sourcesOf = async (options: Partial<RollbackOptions>) => {
  const kept = await Promise.all(site.places.map(async (place) => ({ place, kept: await deploymentsOf(place) })));
  return await rollbackSources(kept, { dir: site.folder, all: site.places, ...options }, (line) => said.push(line));
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

describe("what a machine has kept is run on this computer only where somebody else vouches for it", () => {
  const unpacked = (name: string) => existsSync(join(unpackFolder(site.folder, name), "index.ts"));
  const forgetHere = () => rmSync(ownNotesPath(site.folder));
  const forgetAt = (machine: string) =>
    rmSync(join(site.folder, machine, "deployments", "notes"), { recursive: true, force: true });
  /** One that is not reached. */
  const away = (name: string): Place => {
    const bin = join(site.folder, "bin");
    mkdirSync(bin);
    writeFileSync(join(bin, "ssh"), "#!/bin/sh\necho 'connect to host: Connection refused' >&2\nexit 255\n");
    chmodSync(join(bin, "ssh"), 0o755);
    process.env.PATH = `${bin}:${path}`;
    return {
      ...placeNamed(name),
      reach: { kind: "ssh", host: "192.0.2.10", port: 22, user: "ops", hostKey: "ssh-ed25519 AAAA" },
    };
  };

  it("a program that was changed on its machine is not unpacked, whether the other one or this computer noted it", async () => {
    await keep("pc2", [4, 5]);
    const changed = join(site.folder, "pc2", "deployments", "4", "program.tgz");
    writeFileSync(changed, programOf("evil:1"));
    const contradicted = (by: string) => ({
      code: "deploy.contradicted",
      message: `the program of deployment 4 that pc2 keeps is not run: ${by} noted another SHA-256 when it was stored`,
    });
    await expect(sourcesOf({})).rejects.toMatchObject(contradicted("this computer and mainpc"));
    await expect(sourcesOf({ unvouched: true })).rejects.toMatchObject(contradicted("this computer and mainpc"));
    await expect(sourcesOf({ agent: "Tutor" })).rejects.toMatchObject(contradicted("this computer and mainpc"));
    forgetAt("mainpc");
    await expect(sourcesOf({})).rejects.toMatchObject({
      ...contradicted("this computer"),
      next: expect.stringContaining(`delete ${ownNotesPath(site.folder)}`),
    });
    expect([unpacked("4-pc2"), unpacked("4-pc2-then")]).toEqual([false, false]);
  }, 60_000);

  it("what its own machine notes counts for nothing", async () => {
    await keep("pc2", [4, 5]);
    forgetHere();
    forgetAt("mainpc");
    expect(existsSync(join(site.folder, "pc2", "deployments", "notes", "pc2"))).toBe(true);
    await expect(sourcesOf({})).rejects.toMatchObject({ code: "deploy.unvouched" });
  }, 60_000);

  it("the other machine's note is enough for a computer that has none, and its own where the other one is away", async () => {
    await keep("pc2", [4, 5]);
    const all = [placeNamed("pc2"), away("mainpc")];
    expect((await sourcesOf({ all })).get("pc2")?.rollbackOf).toBe(4);
    forgetHere();
    await expect(sourcesOf({ all })).rejects.toMatchObject({
      code: "deploy.unvouched",
      message: expect.stringMatching(/this computer knows nothing of it; mainpc cannot be reached at 127\.0\.0\.1/),
      next: expect.stringContaining("tandem rollback --machine pc2 --unvouched"),
    });
    expect((await sourcesOf({})).get("pc2")?.rollbackOf).toBe(4);
  }, 60_000);

  it("of what was kept before there were notes, the other machine's very same program vouches", async () => {
    for (const number of [4, 5]) {
      const program = programOf(`tutor:${number}`);
      for (const machine of ["pc2", "mainpc"]) await store(machine, number, program);
    }
    const sources = await sourcesOf({});
    expect([...sources.values()].map(({ rollbackOf }) => rollbackOf)).toEqual([4, 4]);
  }, 60_000);

  it("where nobody vouches it is run only with --unvouched", async () => {
    for (const number of [4, 5]) await store("pc2", number, programOf(`tutor:${number}`));
    await store("mainpc", 4, programOf("another"));
    await expect(sourcesOf({})).rejects.toMatchObject({
      code: "deploy.unvouched",
      message: expect.stringContaining("this computer knows nothing of it; mainpc knows nothing of it"),
    });
    expect(unpacked("4-pc2")).toBe(false);
    expect((await sourcesOf({ unvouched: true })).get("pc2")?.rollbackOf).toBe(4);
    expect(unpacked("4-pc2")).toBe(true);
    expect(said.join("\n")).toContain("nobody else vouches for the program of deployment 4 that pc2 keeps");
  }, 60_000);
});
