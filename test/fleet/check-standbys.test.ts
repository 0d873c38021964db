import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { batches, type Files, mainpc, pc2, scratchFleet } from "./fixture.ts";

const hub = (name: string, more = "") =>
  `  - { name: ${name}, group: edge, isHub: true, port: 9100, healthPort: 9100, httpPort: 9100, health: { kind: http }, required: true${more} }
`;
/** pc2 with more agents, and batches that have them. */
const withAgents = (agents: string, ...names: string[]): Files => ({
  pc2: pc2.replace("failover: optional\n", `${agents}failover: optional\n`),
  batches: batches.replace("pc2/Writer", ["pc2/Writer", ...names].join(", ")),
});

describe("the check of standbys", () => {
  let scratch: ReturnType<typeof scratchFleet>;
  beforeEach(() => {
    scratch = scratchFleet();
  });
  afterEach(() => scratch.remove());
  const found = (files: Files) => scratch.found(files);

  it("asks an agent with a standby for memory, VRAM, writer and priority where failover is optional too", () => {
    const bare = mainpc.replace(/ {4}(singleWriter|priority|memoryMb|vramMb).*\n/g, "");
    const expected = "mainpc.yaml:6 failover.unstated mainpc/Store does not state";
    expect(found({ mainpc: bare.replace("failover: required", "failover: optional") })).toEqual([
      `${expected} singleWriter, priority, memoryMb, vramMb`,
    ]);
    expect(found({ mainpc: bare.replace(/ {4}mode.*\n/, "") })).toContain(
      `${expected} mode, singleWriter, priority, memoryMb, vramMb`,
    );
  });

  it("refuses a machine that leaves out whether failover is required", () => {
    expect(found({ mainpc: mainpc.replace("failover: required\n", "") })).toEqual([
      'mainpc.yaml:1 file.schema failover: Invalid option: expected one of "required"|"optional"',
    ]);
  });

  it("refuses a route of an agent without a standby, and takes a standby without a route", () => {
    const files = { mainpc: mainpc.replace("mode: warm", "mode: notify").replace(/ {4}standby.*\n/, "") };
    expect(found(files)).toEqual([
      "mainpc.yaml:18 failover.route mainpc/Store has a route but no standby that it could lead to",
    ]);
    expect(found({ mainpc: mainpc.replace(/ {4}route.*\n/, "") })).toEqual([]);
  });

  it("refuses a standby where an agent of its name lives, since a machine has each service once", () => {
    const twin =
      "  - { name: Store, group: edge, port: 5006, healthPort: 6006, httpPort: 6006, health: { kind: http }, required: true }\n";
    expect(found(withAgents(twin, "pc2/Store"))).toContain(
      "mainpc.yaml:18 failover.name mainpc/Store has a standby where pc2/Store (pc2.yaml:7) lives, and both would be one service there",
    );
  });

  it("refuses a second hub of one machine", () => {
    expect(found(withAgents(hub("EdgeHub") + hub("SpareHub"), "pc2/EdgeHub", "pc2/SpareHub"))).toEqual([
      "pc2.yaml:8 hub.twice pc2/SpareHub and pc2/EdgeHub both say that they are the hub of pc2",
    ]);
  });

  it("refuses a hub's standby and its route", () => {
    const more = ", standby: { port: 7000, healthPort: 7001, httpPort: 7002 }, route: 7003";
    const said = "the other machine has a hub of its own";
    expect(found(withAgents(hub("EdgeHub", more), "pc2/EdgeHub"))).toEqual([
      `pc2.yaml:7 failover.hub pc2/EdgeHub is the hub and has a standby, but ${said}`,
      `pc2.yaml:7 failover.hub pc2/EdgeHub is the hub and has a route, but ${said}`,
    ]);
  });

  it("points at the capacity that is too small, on its own line", () => {
    const block = "capacity:\n  memoryMb: 512\n  vramMb: 4096";
    expect(found({ pc2: pc2.replace(/capacity.*/, block) })).toEqual([
      "pc2.yaml:4 failover.capacity pc2 can carry 512 MiB of memory, the standbys there take 1024 (most: Store 1024)",
    ]);
  });
});
