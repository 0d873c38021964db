import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseStack } from "../../../components/stack-config.ts";
import { tellWitness, witnessOrder } from "../../../ops/secrets/witness-update.ts";
import { stackValues } from "../../components/recorder.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tandem-witness-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const key = (letter: string) => `U${letter.repeat(55)}`;
const stacks = (witness: object) => [
  { name: "pc2", path: "", site: parseStack({ ...stackValues("pc2"), ...witness }, "pc2") },
];
const witnessed = { witness: { host: "192.0.2.30", port: 4224 } };

describe("the witness", () => {
  it("is told nothing where there is none", () => {
    expect(witnessOrder(stacks({}), undefined, "/store")).toBeUndefined();
  });

  it("wants a command where there is one", () => {
    expect(() => witnessOrder(stacks(witnessed), undefined, "/store")).toThrow(/the witness on 192\.0\.2\.30/);
  });

  it("gets its configuration by standard input, with every key that is to be known", async () => {
    const path = join(folder, "nats.conf");
    const order = witnessOrder(stacks(witnessed), `cat >${path}`, "/store");
    if (order === undefined) throw new Error("there is no order");
    await tellWitness(order, [key("A"), key("B")]);
    const conf = readFileSync(path, "utf8");
    for (const part of [key("A"), key("B"), '"192.0.2.30"', "4224", '"/store"']) expect(conf).toContain(part);
  });

  it("whose command fails ends with what it said last", async () => {
    const order = witnessOrder(stacks(witnessed), "echo first >&2; echo no route >&2; exit 3", "/store");
    if (order === undefined) throw new Error("there is no order");
    await expect(tellWitness(order, [])).rejects.toThrow("the command for the witness ended with 3: no route");
  });
});
