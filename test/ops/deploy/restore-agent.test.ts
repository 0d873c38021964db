import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { withAgentOf } from "../../../ops/deploy/restore-agent.ts";

const inventory = (image: string) => `# of this machine
machine: mainpc
agents:
  - name: Tutor # teaches
    port: 5000
    container: { image: ${image}, cpus: 2 }
  - name: Store
    container: { image: store:2 }
`;

describe("one agent of an inventory", () => {
  it("gets the entry that it had, and all else stays as it is, comments included", () => {
    const restored = withAgentOf(
      inventory("tutor:bad"),
      inventory("tutor:good").replace("store:2", "store:1"),
      "Tutor",
    );
    expect(restored).toContain("# of this machine");
    expect(restored).toContain("image: tutor:good");
    expect(restored).toContain("image: store:2");
    expect(restored).not.toContain("tutor:bad");
  });

  it("that is not in both cannot be restored alone", () => {
    expect(() => withAgentOf(inventory("a"), inventory("b"), "Nobody")).toThrow(/Nobody is not in the fleet of both/);
    expect(() => withAgentOf(inventory("a"), "machine: mainpc\n", "Tutor")).toThrow(/not in the fleet of both/);
  });

  it("is restored with what it takes from others, and others keep what they take from it", () => {
    const named = (image: string) => `machine: mainpc
agents:
  - name: Tutor
    container: { image: ${image}, volumes: &shared [{ source: models, target: /m }], env: &env { A: "${image}" } }
  - name: Store
    container: { image: store, volumes: *shared, env: *env }
`;
    const agentsOf = (text: string) => parse(text).agents;
    const [tutorNow, storeNow] = agentsOf(named("now"));
    const [tutorThen, storeThen] = agentsOf(named("then"));
    expect(agentsOf(withAgentOf(named("now"), named("then"), "Store"))).toEqual([tutorNow, storeThen]);
    expect(agentsOf(withAgentOf(named("now"), named("then"), "Tutor"))).toEqual([tutorThen, storeNow]);
  });
});
