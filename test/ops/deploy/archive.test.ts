import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  askDigests,
  deploymentsOf,
  fetchProgram,
  noteDigests,
  noteNumber,
  readArchive,
  storeProgram,
  writeRecord,
} from "../../../ops/deploy/archive.ts";
import { beforeOf, presentOf, unfinishedOf } from "../../../ops/deploy/deployment.ts";
import { digestOf } from "../../../ops/deploy/vouch.ts";
import { deployment } from "./deployment.ts";
import { localPlaces } from "./local-place.ts";

describe("a machine's archive of its deployments", () => {
  let site: ReturnType<typeof localPlaces>;
  beforeEach(() => {
    site = localPlaces("pc2");
  });
  afterEach(() => site.remove());
  const pc2 = () => {
    const [place] = site.places;
    if (place === undefined) throw new RangeError("no place");
    return place;
  };

  it("is empty at first, and keeps records and programs byte for byte, for its owner alone", async () => {
    expect(await deploymentsOf(pc2())).toEqual([]);
    const program = randomBytes(700_000);
    await storeProgram(pc2(), 3, program);
    await writeRecord(pc2(), deployment({ number: 3, outcome: "under way" }));
    await writeRecord(pc2(), deployment({ number: 3 }));
    expect(await deploymentsOf(pc2())).toEqual([deployment({ number: 3 })]);
    expect((await fetchProgram(pc2(), 3)).equals(program)).toBe(true);
    expect(statSync(join(site.folder, "pc2", "deployments", "3")).mode & 0o077).toBe(0);
  });

  it("lets the oldest go beyond ten", async () => {
    for (let number = 1; number <= 12; number++) await writeRecord(pc2(), deployment({ number }));
    expect((await deploymentsOf(pc2())).map(({ number }) => number)).toEqual([3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    expect(readdirSync(join(site.folder, "pc2", "deployments"))).toHaveLength(10);
  });

  it("lets neither of the newest two that were done go, though ten in vain came after them", async () => {
    for (const number of [6, 7, 8]) await writeRecord(pc2(), deployment({ number }));
    const why = 'it said {"outcome":"done"}';
    for (let number = 9; number <= 18; number++)
      await writeRecord(pc2(), deployment({ number, outcome: "rolled back", why }));
    await writeRecord(pc2(), deployment({ number: 19, outcome: "under way" }));
    const numbers = async () => (await deploymentsOf(pc2())).map(({ number }) => number);
    expect(await numbers()).toEqual([7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
    await writeRecord(pc2(), deployment({ number: 19 }));
    expect(await numbers()).toEqual([8, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
  }, 30_000);

  it("knows of numbers that were given to other machines alone", async () => {
    expect((await readArchive(pc2())).last).toBe(0);
    await writeRecord(pc2(), deployment({ number: 3 }));
    expect((await readArchive(pc2())).last).toBe(3);
    await noteNumber(pc2(), 7);
    expect(await readArchive(pc2())).toEqual({ last: 7, kept: [deployment({ number: 3 })] });
  });

  it("says what it noted of another machine's programs, and what it keeps itself under the same number", async () => {
    const [first, second] = [digestOf(Buffer.from("first")), digestOf(Buffer.from("second"))];
    expect(await askDigests(pc2(), "mainpc", 3)).toEqual({ noted: undefined, own: undefined });
    const both = { mainpc: first, attic: second };
    await noteDigests(pc2(), 3, new Map(Object.entries(both)));
    await noteDigests(pc2(), 13, new Map([["mainpc", second]]));
    expect(await askDigests(pc2(), "mainpc", 3)).toEqual({ noted: first, own: undefined });
    expect(await askDigests(pc2(), "attic", 3)).toEqual({ noted: second, own: undefined });
    await noteDigests(pc2(), 3, new Map([["mainpc", second]]));
    await storeProgram(pc2(), 3, Buffer.from("first"));
    expect(await askDigests(pc2(), "mainpc", 3)).toEqual({ noted: second, own: first });
    expect(await askDigests(pc2(), "mainpc", 13)).toEqual({ noted: second, own: undefined });
    expect(await deploymentsOf(pc2())).toEqual([]);
  });

  it("keeps 100 notes of each machine at most, for its owner alone", async () => {
    await noteDigests(pc2(), 1, new Map([["mainpc", digestOf(Buffer.from("first"))]]));
    const notes = join(site.folder, "pc2", "deployments", "notes");
    const path = join(notes, "mainpc");
    expect([notes, path].map((one) => statSync(one).mode & 0o077)).toEqual([0, 0]);
    const line = (number: number) => `${number} ${digestOf(Buffer.from(`${number}`))}\n`;
    writeFileSync(path, Array.from({ length: 150 }, (_, at) => line(at + 1)).join(""));
    await noteDigests(pc2(), 151, new Map([["mainpc", digestOf(Buffer.from("151"))]]));
    expect(readFileSync(path, "utf8")).toBe(Array.from({ length: 100 }, (_, at) => line(at + 52)).join(""));
    expect(readdirSync(notes)).toEqual(["mainpc"]);
  });

  it("says which program is not there", async () => {
    await expect(fetchProgram(pc2(), 9)).rejects.toMatchObject({
      code: "deploy.no-program",
      message: expect.stringContaining("deployment 9 is not on pc2"),
    });
  });
});

describe("of a machine's deployments", () => {
  const kept = [
    deployment({ number: 1 }),
    deployment({ number: 2, outcome: "rolled back" }),
    deployment({ number: 3 }),
    deployment({ number: 4, outcome: "rolled back" }),
  ];

  it("the present one is the newest that is done, and the one before it the next", () => {
    expect(presentOf(kept)?.number).toBe(3);
    expect(beforeOf(3, kept)?.number).toBe(1);
    expect(beforeOf(1, kept)).toBeUndefined();
  });

  it("the last one is unfinished when it was cut off, and not when it was rolled back", () => {
    expect(unfinishedOf(kept)).toBeUndefined();
    for (const outcome of ["under way", "interrupted", "failed"] as const)
      expect(unfinishedOf([...kept, deployment({ number: 5, outcome })])?.number).toBe(5);
    expect(unfinishedOf([deployment({ number: 4, outcome: "under way" }), deployment({ number: 5 })])).toBeUndefined();
  });
});
