import { describe, expect, it } from "vitest";
import { agent, errorsOf, type Fields, pairOf, run, said } from "./fixture.ts";

/** `name port healthPort httpPort kind` of mainpc's agents. */
function placed(mainpc: Fields[], pc2?: Fields[]) {
  const result = run(pairOf(mainpc, pc2));
  expect(errorsOf(result.files)).toEqual([]);
  const text = [...result.files.values()].join("");
  const found = text.matchAll(
    /name: (\w+),.*\n +port: (\d+), healthPort: (\d+), httpPort: (\d+), health: \{ kind: (\w+)/g,
  );
  return [...found].map((match) => match.slice(1).join(" ")).filter((line) => !line.startsWith("Edge"));
}
const lines = (mainpc: Fields[], pc2?: Fields[]) => said(run(pairOf(mainpc, pc2)));

describe("the ports of an import", () => {
  it("are those of the file, and health port + 1 for HTTP", () => {
    expect(placed([agent("A", 7000)])).toEqual(["A 7000 8000 8001 zmq"]);
  });

  it("are refused where two agents of a machine state one, service, health or extra", () => {
    expect(lines([agent("A", 7000), agent("B", 7000, { health_port: 9500 }), agent("C", 9500)])).toEqual([
      "error port.twice port 7000 on mainpc: B's port is also A's port (mainpc.yaml:4)",
      "error port.twice port 9500 on mainpc: C's port is also B's health port (mainpc.yaml:11)",
    ]);
    expect(lines([agent("A", 7000), agent("B", 7010, { extra_ports: { grpc_port: 8000 } })])).toEqual([
      "error port.twice port 8000 on mainpc: B's grpc_port is also A's health port (mainpc.yaml:5)",
    ]);
    expect(lines([agent("A", 7000)], [agent("B", 7000)])).toEqual([]);
  });

  it("move HTTP away where health port + 1 is a neighbour's, and name the neighbour", () => {
    const two = [agent("A", 7000), agent("B", 7001)];
    expect(placed(two)).toEqual(["A 7000 8000 17000 zmq", "B 7001 8001 8002 zmq"]);
    expect(lines(two)).toEqual([
      "warning http.port port 8001 on mainpc: A's HTTP port, health port + 1, is also B's health port (mainpc.yaml:11); written: 17000",
    ]);
  });

  it("keep a moved HTTP port below those of outgoing connections", () => {
    expect(placed([agent("A", 27000), agent("B", 27001)])[0]).toBe("A 27000 28000 17000 zmq");
  });

  it("move an agent off a server of Tandem's, to the next free port", () => {
    expect(placed([agent("A", 4222), agent("B", 4223)])[0]).toBe("A 4224 5222 14224 zmq");
    expect(lines([agent("A", 4222)])).toEqual([
      "warning port.moved port 4222 on mainpc: A is also Tandem's own (nats); written: 4224, the next free one",
    ]);
    expect(placed([agent("A", 7000, { health_port: 9091 })])).toEqual(["A 7000 9092 9093 zmq"]);
  });

  it("keep the error bus's port on pc2 free, unless the bus is an agent by its name", () => {
    const eye = agent("Eye", 7150);
    expect(placed([agent("A", 7000)], [eye])).toEqual(["A 7000 8000 8001 zmq", "Eye 7151 8150 8151 zmq"]);
    expect(placed([eye], [agent("CentralErrorBus", 7150)])).toEqual([
      "Eye 7150 8150 8151 zmq",
      "CentralErrorBus 7150 8150 8151 zmq",
    ]);
  });

  it("write port + 1 for health where the code listens there and it is free, and say so", () => {
    const used = { health_port_used: "port_plus_1" };
    expect(placed([agent("A", 7000, used), agent("B", 7010, { ...used, health_port: 7011 })])).toEqual([
      "A 7000 7001 7002 zmq",
      "B 7010 7011 7012 zmq",
    ]);
    expect(lines([agent("A", 7000, used)])).toEqual([
      "warning health.port mainpc/A states health port 8000, but its code listens on port + 1, 7001; written: 7001, since a probe of 8000 would find nobody and call it dead",
    ]);
  });

  it("write the file's health port where port + 1 is a neighbour's, and say so", () => {
    const two = [agent("A", 7000, { health_port_used: "port_plus_1" }), agent("B", 7001)];
    expect(placed(two)[0]).toBe("A 7000 8000 17000 zmq");
    expect(lines(two)[0]).toBe(
      "warning health.port mainpc/A states health port 8000, but its code listens on port + 1, 7001; written: 8000, since 7001 is B's port (mainpc.yaml:11) and cannot be both",
    );
  });

  it("are warned of where nobody has seen which one answers, or the file states none", () => {
    expect(lines([agent("A", 7000, { health_port_used: "unknown" })])[0]).toMatch(
      /^warning health.port nobody has seen/,
    );
    const { health_port, ...silent } = agent("A", 7000);
    expect(health_port).toBe(8000);
    expect(placed([silent])).toEqual(["A 7000 7001 7002 zmq"]);
    expect(lines([silent])).toEqual([
      "warning health.port mainpc/A states no health port; written: 7001, since the code's default is port + 1",
    ]);
  });

  it("go by the health kind: http has one socket for both, none is asked by tcp on its own port", () => {
    expect(placed([agent("A", 7000, { health_kind: "http" })])).toEqual(["A 7000 8000 8000 http"]);
    expect(placed([agent("A", 7000, { health_kind: "zmq_rep+http" })])).toEqual(["A 7000 8000 8001 zmq"]);
    expect(placed([agent("A", 7000, { health_kind: "none" })])).toEqual(["A 7000 7000 8001 tcp"]);
    const of = (health_kind: string) =>
      run(pairOf([agent("A", 7000, { health_kind })])).findings.find(
        ({ line, code }) => code === "health.kind" && line === 6,
      );
    expect(of("http")?.severity).toBe("note");
    expect(of("zmq_rep+http")?.severity).toBe("note");
    expect(of("none")).toMatchObject({
      severity: "warning",
      message: expect.stringContaining("written: tcp on its port 7000"),
    });
    expect(of("carrier pigeon")).toMatchObject({
      severity: "warning",
      message: expect.stringContaining("which is unknown; written: tcp"),
    });
  });

  it("carry extra ports over as what also listens, and metrics_port as httpPort", () => {
    const extra_ports = { zmq_port: 7000, grpc_port: 7005, metrics_port: 8080 };
    const { files } = run(pairOf([agent("A", 7000, { extra_ports })]));
    expect(files.get("mainpc.yaml")).toContain("alsoListening:\n  - { name: A grpc_port, port: 7005 }\nagents:");
    expect(placed([agent("A", 7000, { extra_ports })])).toEqual(["A 7000 8000 8080 zmq"]);
  });

  it("are warned of where an extra port is the health port too, or the metrics are on the service's", () => {
    expect(lines([agent("A", 7000, { extra_ports: { rest_port: 8000 } })])[0]).toMatch(
      /^warning port.shared .*rest_port 8000 is its health port too/,
    );
    expect(lines([agent("A", 7000, { extra_ports: { prometheus_port: 7000 } })])[0]).toMatch(
      /^warning http.port .*which httpPort cannot be/,
    );
  });
});
