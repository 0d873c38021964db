import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Rotation } from "../../../ops/secrets/rotation.ts";

let folder: string;
let dir: string;
let kept: string;

const stack = (key: string, seed: string, more = "") => `# Ours.
encryptionsalt: v1:salt
config:
  tandem:machine:
    address: 10.0.0.10 # moved in May
  tandem:security:
    hubKey: ${key}
  tandem:hubSeed:
    secure: ${seed}
  tandem:agentSecrets:
    broker:
      secure: ${seed}-broker
    other:
      secure: other
${more}`;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tandem-rotation-"));
  [dir, kept] = [join(folder, "site"), join(folder, "kept")];
  const rotation = join(kept, "rotation");
  for (const path of [dir, join(rotation, "before", "kept"), join(rotation, "1"), join(rotation, "kept")])
    mkdirSync(path, { recursive: true });
  writeFileSync(join(dir, "Pulumi.pc2.yaml"), stack("UOLD", "v1:old"));
  writeFileSync(join(rotation, "before", "Pulumi.pc2.yaml"), stack("UOLD", "v1:old"));
  writeFileSync(join(rotation, "1", "Pulumi.pc2.yaml"), stack("UNEW", "v1:new", "  tandem:logs: {}\n"));
  writeFileSync(join(rotation, "before", "kept", "operator.seed"), "SUOLD\n");
  writeFileSync(join(rotation, "kept", "operator.seed"), "SUNEW\n");
  writeFileSync(join(kept, "operator.seed"), "SUOLD\n");
  writeFileSync(join(rotation, "rotation.json"), JSON.stringify(state()));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const state = (what = ["hub-keys"]) => ({
  v: 1,
  project: "tandem",
  dir,
  since: "2026-01-01T00:00:00.000Z",
  what,
  hubKeys: { before: ["UOLD"], after: ["UNEW"] },
  phases: [{ title: "new secrets", keys: { pc2: ["security", "hubSeed", "agentSecrets.broker"] } }],
  deployed: 0,
});

function found(): Rotation {
  const rotation = Rotation.find(kept, dir);
  if (rotation === undefined) throw new Error("there is no rotation");
  return rotation;
}
const file = () => readFileSync(join(dir, "Pulumi.pc2.yaml"), "utf8");

describe("a rotation under way", () => {
  it("puts its keys into the stack's file, and leaves what an operator has changed and noted there", () => {
    writeFileSync(join(dir, "Pulumi.pc2.yaml"), file().replace("10.0.0.10", "10.0.0.11"));
    found().place(1);
    const expected = stack("UNEW", "v1:new").replace("10.0.0.10", "10.0.0.11");
    expect(file()).toBe(expected);
    found().place(1);
    expect(file()).toBe(expected);
  });

  it("puts the old ones back", () => {
    const rotation = found();
    rotation.place(1);
    rotation.place(0);
    expect(file()).toBe(stack("UOLD", "v1:old"));
  });

  it("gives the operator the new seeds when all is deployed, and knows which are old then", () => {
    const rotation = found();
    expect(rotation.oldSeeds()).toEqual({});
    rotation.reached(1);
    expect(readFileSync(join(kept, "operator.seed"), "utf8")).toBe("SUNEW\n");
    expect(statSync(join(kept, "operator.seed")).mode & 0o777).toBe(0o600);
    expect(found().state.deployed).toBe(1);
    expect(found().oldSeeds()).toEqual({ "operator.seed": "SUOLD\n" });
  });

  it("of agents' keys takes away the seed that all shared and that of an agent that is gone, and gives them back", () => {
    const rotation = join(kept, "rotation");
    writeFileSync(join(rotation, "rotation.json"), JSON.stringify(state(["agent-keys"])));
    const before = { "agent-pc2.seed": "SUSHARED\n", "agent-pc2-Gone.seed": "SUGONE\n" };
    for (const [name, seed] of Object.entries(before))
      for (const at of [kept, join(rotation, "before", "kept")]) writeFileSync(join(at, name), seed);
    writeFileSync(join(rotation, "kept", "agent-pc2-Tutor.seed"), "SUTUTOR\n");
    found().reached(1);
    const seeds = () => readdirSync(kept).filter((name) => name.startsWith("agent-"));
    expect(seeds()).toEqual(["agent-pc2-Tutor.seed"]);
    expect(found().oldSeeds()).toEqual({ ...before, "operator.seed": "SUOLD\n" });
    found().reached(0);
    expect(seeds().toSorted()).toEqual(Object.keys(before).toSorted());
  });

  it("taken back gives the operator the old seeds", () => {
    const rotation = found();
    rotation.reached(1);
    rotation.aim(0);
    rotation.reached(0);
    expect(readFileSync(join(kept, "operator.seed"), "utf8")).toBe("SUOLD\n");
    expect(found().state.deployed).toBe(0);
  });

  it("of another site is not gone on with", () => {
    expect(() => Rotation.find(kept, "/elsewhere")).toThrow(`a rotation of the site in ${dir} is under way`);
  });

  it("that cannot be read says where the old files lie", () => {
    writeFileSync(join(kept, "rotation", "rotation.json"), "");
    expect(found).toThrow(/rotation\.json cannot be read/);
  });

  it("leaves nothing of the old ones when it ends", () => {
    found().end();
    expect(existsSync(join(kept, "rotation"))).toBe(false);
    expect(Rotation.find(kept, dir)).toBeUndefined();
  });

  it("refuses a stack whose passphrase was changed meanwhile, with the file as it is", () => {
    const changed = file().replace("v1:salt", "v1:other");
    writeFileSync(join(dir, "Pulumi.pc2.yaml"), changed);
    expect(() => found().place(1)).toThrow(/Pulumi\.pc2\.yaml is encrypted by another passphrase/);
    expect(file()).toBe(changed);
  });
});
