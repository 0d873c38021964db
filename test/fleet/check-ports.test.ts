import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadFleet, requireFleet } from "../../fleet/load.ts";
import { batches, type Files, pc2, scratchFleet } from "./fixture.ts";

describe("the check of ports", () => {
  let scratch: ReturnType<typeof scratchFleet>;
  beforeEach(() => {
    scratch = scratchFleet();
  });
  afterEach(() => scratch.remove());
  const found = (files: Files) => scratch.found(files);

  it("names the stack's key where an agent has the port of a server that the stack moved there", () => {
    scratch.write({});
    const moved = [{ machine: "pc2", what: "nats", port: 6002, key: "machine.natsPort" }] as const;
    const expected = "port 6002 on pc2: Writer's health port is also NATS (the stack's machine.natsPort)";
    expect(loadFleet(scratch.dir, moved).findings).toMatchObject([
      { file: "pc2.yaml", line: 6, code: "port.clash", message: expected },
    ]);
    expect(() => requireFleet(scratch.dir, moved)).toThrow(`pc2.yaml:6: ${expected}`);
    expect(() => requireFleet(scratch.dir, moved)).toThrow(
      expect.objectContaining({ next: expect.stringContaining("keys of the stack that they name") }),
    );
    expect(() => requireFleet(scratch.dir)).not.toThrow();
  });

  it("keeps an agent's port free that a stack has taken its server away from", () => {
    scratch.write({ pc2: pc2.replace("port: 5002", "port: 9091") });
    expect(() => requireFleet(scratch.dir)).toThrow("Writer is also the Pushgateway");
    const moved = [{ machine: "pc2", what: "pushgateway", port: 9191, key: "machine.pushgatewayPort" }] as const;
    expect(() => requireFleet(scratch.dir, moved)).not.toThrow();
  });

  it("does not hold a hub's entry against the port that a stack gave the hub", () => {
    const entry = pc2
      .replace("name: Reader,", "name: Reader, isHub: true,")
      .replace(/port: 5000.*6001,/, "port: 9100, healthPort: 9100, httpPort: 9100,");
    scratch.write({ pc2: entry });
    const moved = [{ machine: "pc2", what: "hub", port: 9200, key: "machine.hubPort" }] as const;
    expect(loadFleet(scratch.dir, moved).findings).toEqual([]);
    expect(loadFleet(scratch.dir, [{ machine: "pc2", what: "hub", port: 9200 }]).findings).toHaveLength(3);
  });

  it.each([4222, 7422, 8222])("keeps %i free on pc2 too, where a stack without keys would put a server", (port) => {
    const [message] = found({ pc2: pc2.replace("port: 5002", `port: ${port}`) });
    expect(message).toMatch(`pc2.yaml:6 port.clash port ${port} on pc2: Writer is also NATS`);
  });

  it("lets an agent that answers nothing be well while its service accepts: tcp on its own port, and nobody else's", () => {
    const silent = (kind: string) =>
      pc2.replace(
        "healthPort: 6002, httpPort: 6002, health: { kind: http }",
        `healthPort: 5002, httpPort: 6003, ${kind}`,
      );
    expect(found({ pc2: silent("health: { kind: tcp }") })).toEqual([]);
    expect(found({ pc2: silent("health: { kind: zmq }") })).toContain(
      "pc2.yaml:6 port.clash port 5002 on pc2: Writer's health port is also Writer (pc2.yaml:6)",
    );
    expect(
      found({ pc2: silent("health: { kind: tcp }").replace("5002, healthPort: 5002", "5002, healthPort: 5000") }),
    ).toContain("pc2.yaml:6 port.clash port 5000 on pc2: Writer's health port is also Reader (pc2.yaml:5)");
  });

  it("points at the entry of alsoListening that clashes, and names where its holder stands", () => {
    const block = "alsoListening:\n  - { name: scanner, port: 5010 }\n  - { name: error bus, port: 5010 }\nagents:";
    expect(found({ pc2: pc2.replace("agents:", block) })).toEqual([
      "pc2.yaml:6 port.clash port 5010 on pc2: the error bus is also the scanner (pc2.yaml:5)",
    ]);
  });

  it("points at each of two agents with one name for its own ports", () => {
    const twice = pc2
      .replace("name: Writer", "name: Reader")
      .replace(", needs: [Reader]", "")
      .replace("port: 5000", "port: 6100");
    expect(found({ pc2: twice, batches: batches.replace("pc2/Writer", "pc2/Ghost") })).toContain(
      "pc2.yaml:5 port.clash port 6100 on pc2: Reader is also Store's standby's health port (mainpc.yaml:18)",
    );
  });
});
