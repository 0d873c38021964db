import { describe, expect, it } from "vitest";
import { AgentContainer, commandOf, uidOf } from "../../fleet/container.ts";
import { requireFleet } from "../../fleet/load.ts";

const ports = { port: 7_100, healthPort: 8_100, httpPort: 17_100 };

describe("the container of an agent", () => {
  it("is given by its image alone 1 CPU, 10 s to start and to stop, no GPU, no models, no secret and no check", () => {
    expect(AgentContainer.parse({ image: "tutor:1" })).toEqual({
      image: "tutor:1",
      command: [],
      cpus: 1,
      gpu: false,
      models: false,
      secrets: [],
      startSeconds: 10,
      stopGraceSeconds: 10,
    });
  });

  it("is told its instance's own ports where its arguments name them", () => {
    const container = AgentContainer.parse({
      image: "tutor:1",
      command: ["--port={port}", "--health", "{healthPort}", "--http={httpPort}/{port}", '{"a": 1}'],
    });
    expect(commandOf(container, ports)).toEqual(["--port=7100", "--health", "8100", "--http=17100/7100", '{"a": 1}']);
  });

  it("is refused with an argument that names another place, a CPU share in hundredths, or a relative path", () => {
    const refusal = (more: object) => AgentContainer.safeParse({ image: "tutor:1", ...more }).error?.issues[0]?.message;
    expect(refusal({ command: ["{ports}"] })).toBe("the places to fill in are {port}, {healthPort}, {httpPort}");
    expect(refusal({ cpus: 0.25 })).toMatch(/multiple of 0\.1/);
    expect(refusal({ data: "data" })).toBe("an absolute path like /app/data");
    expect(refusal({ uid: 10_900 })).toMatch(/>=20000/);
    expect(refusal({ secrets: ["../x"] })).toBe("letters, digits, _, . and -, a letter first");
  });
});

describe("the user of an agent's container", () => {
  it("is the number of its name, the same wherever it stands, unless one is stated", () => {
    expect(uidOf("TutorAgent", {})).toBe(uidOf("TutorAgent", {}));
    expect(uidOf("TutorAgent", { uid: 30_000 })).toBe(30_000);
  });

  it("lies from 20000 to 59999 for each of the 77 agents, and differs for all names of the fleet", () => {
    const names = new Set(requireFleet().agents.map(({ name }) => name));
    const users = [...names].map((name) => uidOf(name, {}));
    for (const uid of users) expect([uid >= 20_000, uid <= 59_999]).toEqual([true, true]);
    expect(new Set(users).size).toBe(names.size);
  });
});
