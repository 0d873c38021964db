import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it, onTestFinished } from "vitest";
import { buildGraph, startOrder } from "../../fleet/graph.ts";
import { loadFleet } from "../../fleet/load.ts";
import { pairOf, peerOf, satellitesOf } from "../../fleet/machines.ts";
import { mainpc, nas, pc2, scratchFleet } from "./fixture.ts";

const scratch = scratchFleet();
afterAll(() => scratch.remove());
const { found } = scratch;

describe("a fleet with a satellite", () => {
  it("is read and accepted: its agents have ids, a home hub, and no peer", () => {
    scratch.write({ nas });
    const { fleet, findings } = loadFleet(scratch.dir);
    expect(findings.filter(({ severity }) => severity === "error")).toEqual([]);
    expect(fleet.agents.map(({ id }) => id)).toContain("nas/Archive");
    expect(pairOf(fleet).map(({ machine }) => machine)).toEqual(["mainpc", "pc2"]);
    expect(satellitesOf(fleet)).toEqual([{ name: "nas", watchedBy: "pc2" }]);
    expect(["mainpc", "pc2", "nas"].map((machine) => peerOf(machine, fleet))).toEqual(["pc2", "mainpc", undefined]);
  });

  it("may be one of nothing but a Prometheus, with no agent at all", () => {
    expect(found({ nas: `${nas.slice(0, nas.indexOf("agents:"))}agents: []\n` })).toEqual([]);
  });

  it("has dependencies in both directions, stated by machine/name, in one start order", () => {
    const crosses = (id: string) => `crosses: { ${id}: { mode: tolerate, reason: it asks again later } }`;
    scratch.write({
      nas: nas.replace("required: false", `required: false, needs: [pc2/Reader], ${crosses("pc2/Reader")}`),
      pc2: pc2.replace("needs: [Reader]", `needs: [nas/Archive], ${crosses("nas/Archive")}`),
    });
    const { fleet, findings } = loadFleet(scratch.dir);
    expect(findings.filter(({ severity }) => severity === "error")).toEqual([]);
    expect(startOrder(buildGraph(fleet.agents))).toEqual([
      ["mainpc/Store", "pc2/Reader"],
      ["nas/Archive"],
      ["pc2/Writer"],
    ]);
  });
});

describe("the check of a satellite", () => {
  const agentWith = (text: string) => nas.replace("required: false", `required: false, ${text}`);

  it.each([
    [
      "a machine that watches and is a satellite itself, or is not there",
      { nas: nas.replace("watchedBy: pc2", "watchedBy: nas") },
      "nas.yaml:2 machine.watch nas is watched by nas, which is no machine of the pair",
    ],
    [
      "a third machine that has no watchedBy",
      { nas: nas.replace("watchedBy: pc2\n", "") },
      "pc2.yaml:1 machine.pair pc2 has no watchedBy, as mainpc and nas have none, and a pair has two machines",
    ],
    [
      "a pair of which one is watched",
      { pc2: pc2.replace("gpu:", "watchedBy: mainpc\ngpu:") },
      "mainpc.yaml:1 machine.pair a pair has two machines without watchedBy, and only mainpc does (pc2 is watched)",
    ],
    [
      "a hub on it",
      { nas: agentWith("isHub: true") },
      "nas.yaml:6 hub.satellite nas/Archive is a hub, but nas is watched by the hub of pc2 and has none",
    ],
    [
      "an agent that is to move",
      { nas: agentWith("mode: cold") },
      "nas.yaml:6 failover.satellite nas/Archive is cold but lives on a satellite, from where nothing is moved",
    ],
    [
      "a standby, since either machine could be meant",
      { nas: agentWith("standby: { port: 5300, healthPort: 6300, httpPort: 6301 }") },
      "nas.yaml:6 failover.satellite nas/Archive lives on a satellite and has a standby, but a satellite has no other machine",
    ],
    [
      "a route",
      { nas: agentWith("route: 7700") },
      "nas.yaml:6 failover.satellite nas/Archive lives on a satellite and has a route, but a satellite has no other machine",
    ],
    [
      "one port for two agents",
      {
        nas: `${nas}  - { name: Thumbs, group: storage, port: 5000, healthPort: 6002, httpPort: 6003, health: { kind: http }, required: false }\n`,
      },
      "nas.yaml:7 port.clash port 5000 on nas: Thumbs is also Archive (nas.yaml:6)",
    ],
    [
      "a plain name that two other machines have",
      {
        nas: nas.replace("name: Archive", "name: Writer"),
        mainpc: mainpc.replace("name: Store", "name: Store\n    wants: [Writer]"),
      },
      "mainpc.yaml:7 dependency.ambiguous mainpc/Store wants Writer, which could be nas/Writer or pc2/Writer",
    ],
  ])("refuses %s", (_, files, finding) => {
    expect(found(files)).toContain(finding);
  });

  it("leaves to it the ports of hub, NATS and Pushgateway, of routes, and of standbys, which stand elsewhere", () => {
    const ports = [9000, 9100, 4222, 4223, 9091, 7422, 7500, 5100].map(
      (port, index) =>
        `  - { name: A${index}, group: a, port: ${port}, healthPort: ${20_000 + 2 * index}, httpPort: ${20_001 + 2 * index}, health: { kind: zmq }, required: false }\n`,
    );
    expect(found({ nas: nas + ports.join("") })).toEqual([]);
  });

  it("takes a standby of the pair for one on the peer: a satellite's agent of its name and its capacity do not matter", () => {
    expect(found({ nas: nas.replace("name: Archive", "name: Store") })).toEqual([
      "nas.yaml:6 name.both Store stands on mainpc and on nas; they are told apart as mainpc/Store and nas/Store",
    ]);
  });

  it("asks no batch for its agents, holds one that names them to the order, and takes a container", () => {
    const batches = `batches:
  - { name: first, agents: [pc2/Reader, mainpc/Store, nas/Archive] }
  - { name: second, agents: [pc2/Writer] }
`;
    const needs = "needs: [pc2/Writer], crosses: { pc2/Writer: { mode: wait, reason: it writes what it reads } }";
    const container = 'memoryMb: 64, container: { image: "registry.example.org/archive:1" }';
    expect(found({ nas: agentWith(container) })).toEqual([]);
    expect(found({ nas: agentWith(needs), batches })).toEqual([
      "batches.yaml:2 batch.order nas/Archive is in batch 1 (first) but needs pc2/Writer, which is in batch 2 (second)",
    ]);
  });
});

describe("the files of a fleet", () => {
  it("are as many as there are machines; one that is named for another is told so", () => {
    expect(found({ nas: nas.replace("machine: nas", "machine: box") })).toEqual([
      "nas.yaml:1 file.schema machine: nas.yaml is the file of nas, but states box",
    ]);
  });

  it("may be of a pair with other names, whose hubs' default ports are kept free too", () => {
    const { dir, write, remove } = scratchFleet();
    onTestFinished(remove);
    write({ batches: "batches: []\n" });
    for (const name of ["mainpc", "pc2"]) rmSync(join(dir, `${name}.yaml`));
    writeFileSync(join(dir, "left.yaml"), mainpc.replace("machine: mainpc", "machine: left"));
    writeFileSync(
      join(dir, "right.yaml"),
      pc2.replace("machine: pc2", "machine: right").replace("port: 5002", "port: 9000"),
    );
    const { fleet, findings } = loadFleet(dir);
    expect(pairOf(fleet).map(({ machine }) => machine)).toEqual(["left", "right"]);
    expect(findings.map(({ message }) => message)).toEqual(["port 9000 on right: Writer is also the hub"]);
  });
});
