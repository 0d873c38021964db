import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { describe, expect, it } from "vitest";
import { Looker } from "../../../ops/soak/looker.ts";
import { Proc, processName } from "../../../ops/soak/proc.ts";
import type { SoakEvent } from "../../../ops/soak/slice.ts";

const machines = ["mainpc", "pc2"];
const nameOf = (command: string, folder = "/home/a user/.tandem") => processName(command, folder, machines);

describe("a process of a local pair", () => {
  it("is named by the file of its machine's folder in its command line, also where that has spaces", () => {
    expect(nameOf("node hub.mjs --config /home/a user/.tandem/mainpc/hub.json")).toBe("mainpc/hub");
    expect(nameOf("nats-server -c /home/a user/.tandem/pc2/nats.conf")).toBe("pc2/nats");
    expect(nameOf("pushgateway --persistence.file=/home/a user/.tandem/pc2/pushgateway.db --x=1")).toBe(
      "pc2/pushgateway",
    );
    expect(nameOf("node host.ts --config /home/a user/.tandem/mainpc/pilot-TutorAgent.json")).toBe(
      "mainpc/pilot-TutorAgent",
    );
  });

  it("is none of another run, and none that reads a log", () => {
    expect(nameOf("node hub.mjs --config /srv/home/a user/.tandem/mainpc/hub.json")).toBeUndefined();
    expect(nameOf("tail -f /home/a user/.tandem/mainpc/logs/hub.log")).toBeUndefined();
    expect(nameOf("node hub.mjs --config /home/a user/.tandem/mainpc2/hub.json")).toBeUndefined();
  });

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
