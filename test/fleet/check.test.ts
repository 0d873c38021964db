import { rmSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadFleet, requireFleet } from "../../fleet/load.ts";
import { batches, disk, type Files, mainpc, pc2, scratchFleet } from "./fixture.ts";

describe("the check of an inventory", () => {
  let scratch: ReturnType<typeof scratchFleet>;
  let dir: string;
  beforeEach(() => {
    scratch = scratchFleet();
    dir = scratch.dir;
  });
  afterEach(() => scratch.remove());
  const write = (files: Files) => scratch.write(files);
  const found = (files: Files) => scratch.found(files);

  it("is content with one that has no fault", () => {
    expect(found({})).toEqual([]);
    expect(requireFleet(dir).agents.map(({ id }) => id)).toEqual(["mainpc/Store", "pc2/Reader", "pc2/Writer"]);
  });

  it.each([
    [
      "an unknown name, with the one that was meant",
      { pc2: pc2.replace("[Reader]", "[Raeder]") },
      "pc2.yaml:6 dependency.unknown pc2/Writer needs Raeder, which is in no inventory",
    ],
    [
      "a dependency on the other machine that says nothing of its absence",
      { pc2: pc2.replace("[Reader]", "[Store]") },
      "pc2.yaml:6 dependency.crosses pc2/Writer needs mainpc/Store on another machine and does not say what it does while that is away",
    ],
    [
      "an agent that needs itself",
      { pc2: pc2.replace("[Reader]", "[Writer]") },
      "pc2.yaml:6 dependency.self pc2/Writer needs itself",
    ],
    [
      "a name twice on one machine",
      { pc2: pc2.replace("name: Writer", "name: Reader").replace(", needs: [Reader]", "") },
      "pc2.yaml:6 name.twice Reader stands twice on pc2",
    ],
    [
      "two names that are one in lower case, since logs are named so",
      { pc2: pc2.replace("name: Writer", "name: READER").replace(", needs: [Reader]", "") },
      "pc2.yaml:6 name.log pc2/READER and pc2/Reader would write one log, reader.log",
    ],
    [
      "a port of two agents",
      { pc2: pc2.replace("port: 5002", "port: 6001") },
      "pc2.yaml:6 port.clash port 6001 on pc2: Writer is also Reader's HTTP port (pc2.yaml:5)",
    ],
    [
      "a standby's port on the machine where it stands by",
      { pc2: pc2.replace("port: 5002", "port: 6100") },
      "pc2.yaml:6 port.clash port 6100 on pc2: Writer is also Store's standby's health port (mainpc.yaml:18)",
    ],
    [
      "a route's port on the other machine",
      { pc2: pc2.replace("port: 5002", "port: 7500") },
      "pc2.yaml:6 port.clash port 7500 on pc2: Writer is also Store's route (mainpc.yaml:19)",
    ],
    [
      "the Pushgateway's port",
      { pc2: pc2.replace("port: 5002", "port: 9091") },
      "pc2.yaml:6 port.clash port 9091 on pc2: Writer is also the Pushgateway",
    ],
    [
      "what an agent of mainpc does not state",
      { mainpc: mainpc.replace(/ {4}priority.*\n/, "") },
      "mainpc.yaml:6 failover.unstated mainpc/Store does not state priority",
    ],
    [
      "a warm agent without a standby",
      { mainpc: mainpc.replace(/ {4}standby.*\n/, "") },
      "mainpc.yaml:13 failover.standby mainpc/Store is warm but has no standby",
    ],
    [
      "a standby of an agent that is only notified",
      { mainpc: mainpc.replace("mode: warm", "mode: notify") },
      "mainpc.yaml:18 failover.mode mainpc/Store has a standby but its mode is notify",
    ],
    [
      "a standby of an agent whose dependency stays behind",
      {
        mainpc: `${mainpc.replace("    mode: warm", "    needs: [Disk]\n    mode: warm")}${disk}`,
        batches: batches.replace("mainpc/Store", "mainpc/Store, mainpc/Disk"),
      },
      "mainpc.yaml:13 failover.needs mainpc/Store has a standby, but mainpc/Disk, which it needs, does not",
    ],
    [
      "a hub's entry on another port than the hub's",
      { pc2: pc2.replace("name: Reader,", "name: Reader, isHub: true,").replaceAll("port: 6000", "port: 9100") },
      "pc2.yaml:5 port.hub pc2/Reader is the hub, which listens on 9100, but states port 5000",
    ],
    [
      "an agent on the port of something else that listens there",
      { pc2: pc2.replace("agents:", "alsoListening: [{ name: error bus, port: 5002 }]\nagents:") },
      "pc2.yaml:7 port.clash port 5002 on pc2: Writer is also the error bus (pc2.yaml:4)",
    ],
    [
      "what else listens on the port of a server of ours",
      { pc2: pc2.replace("agents:", "alsoListening: [{ name: error bus, port: 9100 }]\nagents:") },
      "pc2.yaml:4 port.clash port 9100 on pc2: the error bus is also the hub",
    ],
    [
      "more VRAM than pc2 has for standbys",
      { mainpc: mainpc.replace("vramMb: 512", "vramMb: 5000") },
      "pc2.yaml:3 failover.capacity pc2 can carry 4096 MiB of VRAM, the standbys there take 5000 (most: Store 5000)",
    ],
    [
      "a batch that names nobody",
      { batches: batches.replace("pc2/Writer", "pc2/Writer, pc2/Ghost") },
      "batches.yaml:3 batch.unknown batch second names pc2/Ghost, which is in no inventory",
    ],
    [
      "an agent in two batches",
      { batches: batches.replace("pc2/Writer", "pc2/Writer, pc2/Reader") },
      "batches.yaml:3 batch.twice pc2/Reader is in batch first already",
    ],
    [
      "an agent in no batch",
      { batches: batches.replace(", mainpc/Store", "") },
      "mainpc.yaml:6 batch.none mainpc/Store is in no batch",
    ],
    [
      "a batch before what it needs",
      {
        batches:
          "batches:\n  - { name: a, agents: [pc2/Writer, mainpc/Store] }\n  - { name: b, agents: [pc2/Reader] }\n",
      },
      "batches.yaml:2 batch.order pc2/Writer is in batch 1 (a) but needs pc2/Reader, which is in batch 2 (b)",
    ],
    [
      "a correction that is no longer true",
      {
        batches: `${batches}corrections:\n  - { agent: pc2/Writer, from: second, to: first, because: Reader comes first }\n`,
      },
      "batches.yaml:5 batch.correction a correction says that pc2/Writer stands in first, but it stands in second",
    ],
    [
      "a correction from a batch that is none",
      {
        batches: `${batches}corrections:\n  - { agent: pc2/Writer, from: zeroth, to: second, because: Reader comes first }\n`,
      },
      "batches.yaml:5 batch.correction a correction says that pc2/Writer was planned for zeroth, which is no batch",
    ],
    [
      "two batches of one name",
      { batches: batches.replace("name: second", "name: first") },
      "batches.yaml:3 batch.name batch first stands twice",
    ],
    [
      "an unknown key, with its path",
      { pc2: pc2.replace("group: edge", "groupe: edge") },
      'pc2.yaml:5 file.schema agents.0: Unrecognized key: "groupe"',
    ],
    [
      "a port that is none",
      { pc2: pc2.replace("port: 5002", "port: 70000") },
      "pc2.yaml:6 file.schema agents.1.port: Too big: expected number to be <=65535",
    ],
  ])("reports %s", (_, files, expected) => {
    expect(found(files)).toContain(expected);
  });

  it("says what to do about each error", () => {
    write({ pc2: pc2.replace("[Reader]", "[Raeder]") });
    expect(loadFleet(dir).findings[0]?.next).toBe("Did you mean Reader?");
  });

  it("accepts a dependency on the other machine that states what it does while that is away", () => {
    const crossing = "[mainpc/Store], crosses: { mainpc/Store: { mode: wait, reason: it has nothing to write to } }";
    expect(found({ pc2: pc2.replace("[Reader]", crossing) })).toEqual([]);
  });

  it("notes a correction that stands", () => {
    const corrected = `${batches}corrections:\n  - { agent: pc2/Writer, from: first, to: second, because: Reader comes first }\n`;
    expect(found({ batches: corrected })).toEqual([
      "batches.yaml:5 batch.corrected pc2/Writer was planned for first and stands in second: Reader comes first",
    ]);
    expect(() => requireFleet(dir)).not.toThrow();
  });

  it("notes the agents that are to be started with another HTTP port than their own health + 1", () => {
    expect(found({ pc2: pc2.replace("httpPort: 6001", "httpPort: 6050") })).toEqual([
      "pc2.yaml:1 port.http 1 agent of pc2 has another httpPort than health + 1 and is to be started with it",
    ]);
  });

  it("names the file that is missing", () => {
    write({});
    rmSync(join(dir, "pc2.yaml"));
    expect(loadFleet(dir).findings[0]).toMatchObject({ file: "pc2.yaml", code: "file.unreadable" });
  });

  it("never throws, whatever text the files hold", () => {
    const text = fc.oneof(fc.string(), fc.stringMatching(/^[a-z:\-[\]{}&*!|>'"%@`\n #,0-9]{0,80}$/));
    fc.assert(
      fc.property(text, (content) => {
        write({ pc2: content });
        expect(loadFleet(dir).findings.length).toBeGreaterThan(0);
        write({ batches: content });
        loadFleet(dir);
      }),
    );
  });
});
