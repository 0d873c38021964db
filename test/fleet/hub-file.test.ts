import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { HubFile, hubFileOf, hubFolderOf, parseHubFile, renderHubFile } from "../../fleet/hub-file.ts";
import { requireFleet } from "../../fleet/load.ts";
import type { Fleet } from "../../fleet/model.ts";
import { nas, scratchFleet } from "./fixture.ts";

const fleet = requireFleet();
const at = {
  hubUrl: (machine: string) => `http://${machine}:9000`,
  routeUrl: (machine: string, route: number) => `http://${machine}:${route}`,
};

function agentOf(id: string, of: Fleet = fleet) {
  const agent = of.agents.find((candidate) => candidate.id === id);
  if (agent === undefined) throw new Error(`no agent ${id}`);
  return agent;
}

const fileOf = (id: string, more = {}) =>
  hubFileOf({ agent: agentOf(id), fleet, revision: 3, stage: "dual", ...at, ...more });

describe("the hub file of an agent", () => {
  it("has the hub of its own machine as primary and the other as fallback, with the defaults 2000 ms, 1 and 10000 ms", () => {
    expect(fileOf("pc2/TutorAgent")).toMatchObject({
      v: 1,
      agent: "TutorAgent",
      machine: "pc2",
      revision: 3,
      stage: "dual",
      primary: { name: "pc2", url: "http://pc2:9000" },
      fallback: { name: "mainpc", url: "http://mainpc:9000" },
      thresholds: { deadlineMs: 2_000, failuresBeforeFallback: 1, retryPrimaryAfterMs: 10_000 },
      nats: { servers: [] },
    });
    expect(fileOf("pc2/TutorAgent", { thresholds: { deadlineMs: 500 } }).thresholds).toEqual({
      deadlineMs: 500,
      failuresBeforeFallback: 1,
      retryPrimaryAfterMs: 10_000,
    });
  });

  it("names each service that the agent needs or wants and that has a route, at both routers, its own machine's first", () => {
    for (const agent of fleet.agents.filter(({ isHub }) => !isHub)) {
      const named = [...agent.needs, ...agent.wants].map((name) => name.split("/").at(-1));
      const routed = fleet.agents.filter(({ name, route }) => route !== undefined && named.includes(name));
      const { services, primary, fallback } = fileOf(agent.id);
      expect(Object.keys(services).sort(), agent.id).toEqual(routed.map(({ name }) => name).sort());
      for (const { name, route } of routed) {
        expect(services[name]).toEqual([`http://${primary.name}:${route}`, `http://${fallback.name}:${route}`]);
      }
    }
    const total = fleet.agents.filter(({ isHub, id }) => !isHub && Object.keys(fileOf(id).services).length > 0);
    expect(total.length).toBeGreaterThan(10);
  });

  it("of a standby has the hub of the machine where it stands as primary", () => {
    const standby = fleet.agents.find((agent) => agent.standby !== undefined && agent.machine === "mainpc");
    const file = fileOf(standby?.id ?? "", { machine: "pc2" });
    expect(file).toMatchObject({ machine: "pc2", primary: { name: "pc2" }, fallback: { name: "mainpc" } });
    expect([hubFolderOf("Store", "home"), hubFolderOf("Store", "standby")]).toEqual(["Store", "Store-standby"]);
  });

  it("of a satellite's agent has the hub that watches it as primary", () => {
    const scratch = scratchFleet();
    try {
      scratch.write({ nas, batches: "batches: []\n" });
      const small = requireFleet(scratch.dir);
      const file = hubFileOf({
        agent: agentOf("nas/Archive", small),
        fleet: small,
        revision: 1,
        stage: "shadow",
        ...at,
      });
      expect(file).toMatchObject({ machine: "nas", primary: { name: "pc2" }, fallback: { name: "mainpc" } });
    } finally {
      scratch.remove();
    }
  });

  it("names the NATS servers that are given, own first, and those alone", () => {
    const natsUrl = (machine: string) => (machine === "mainpc" ? undefined : `nats://${machine}:4223`);
    expect(fileOf("pc2/TutorAgent", { natsUrl }).nats.servers).toEqual(["nats://pc2:4223"]);
  });

  it("is not made for a hub, nor for a machine that the fleet does not know", () => {
    const hub = fleet.agents.find(({ isHub }) => isHub);
    expect(() => fileOf(hub?.id ?? "")).toThrow("is a hub, and pushes to none");
    expect(() => fileOf("pc2/TutorAgent", { machine: "nas" })).toThrow(
      "stands on nas, which the pair of mainpc and pc2",
    );
  });
});

describe("the text of a hub file", () => {
  it("is the same in whatever order the keys came, and is read back as it was", () => {
    const file = { ...fileOf("pc2/TutorAgent"), services: { B: ["http://b:1"], A: ["http://a:1"] } };
    const { v, agent, ...rest } = file;
    const turned = { ...rest, services: { A: ["http://a:1"], B: ["http://b:1"] }, agent, v };
    expect(renderHubFile(turned)).toBe(renderHubFile(file));
    expect(parseHubFile(renderHubFile(file), { agent: "TutorAgent", machine: "pc2" })).toEqual({ ok: true, file });
  });

  it("is understood as docs/agents.md shows it to authors of agents", () => {
    const page = readFileSync(new URL("../../docs/agents.md", import.meta.url), "utf8");
    const example = /^```json\n(.*?)^```$/ms.exec(page)?.[1] ?? "";
    const parsed = parseHubFile(example, { agent: "TutorAgent", machine: "pc2" });
    expect(parsed.ok && JSON.parse(renderHubFile(parsed.file))).toEqual(JSON.parse(example));
  });

  it("is understood with only its required keys, and with a key that nobody knows", () => {
    const { thresholds: _, nats: __, services: ___, ...least } = fileOf("pc2/TutorAgent");
    const parsed = HubFile.parse({ ...least, later: true });
    expect(parsed).toEqual({ ...fileOf("pc2/TutorAgent"), services: {} });
  });

  it("is refused with the reason when it is torn, wrong, of another version or of another agent", () => {
    const text = renderHubFile(fileOf("pc2/TutorAgent"));
    const why = (damaged: string, reader = { agent: "TutorAgent", machine: "pc2" }) => {
      const parsed = parseHubFile(damaged, reader);
      return parsed.ok ? "" : parsed.why;
    };
    expect(why(text.slice(0, 40))).toMatch(/JSON/);
    expect(why(text.replace('"revision": 3', '"revision": 0'))).toContain("revision: ");
    expect(why(text.replace('"v": 1', '"v": 2'))).toContain("v: ");
    expect(why(text.replace('"http://pc2:9000"', '"pc2"'))).toContain("primary.url: ");
    expect(why(text, { agent: "TutorAgent", machine: "mainpc" })).toBe("it is the file of TutorAgent on pc2");
  });
});
