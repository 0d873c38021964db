import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { describe, expect, it } from "vitest";
import { Looker } from "../../../ops/soak/looker.ts";
import { Proc } from "../../../ops/soak/proc.ts";
import type { SoakEvent } from "../../../ops/soak/slice.ts";

const machines = ["mainpc", "pc2"];

describe("a process of a local pair", () => {
  it("is looked for by the whole path of a folder that was named by a part of it", () => {
    expect(new Proc(relative(process.cwd(), "/data/pair"), machines).folder).toBe("/data/pair");
  });
});

describe("a look", () => {
  it.runIf(Proc.available)("tells once that no process of a local pair is seen", async () => {
    const folder = mkdtempSync(join(tmpdir(), "soak-proc-"));
    try {
      const told: SoakEvent[] = [];
      const pair = { hubs: [], proc: new Proc(folder, machines), stage: undefined };
      const looker = new Looker(
        pair,
        (event) => told.push(event),
        () => 1_000,
      );
      await looker.look(0);
      await looker.look(0);
      expect(told.map(({ kind, what }) => [kind, what.includes(folder)])).toEqual([["problem", true]]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
