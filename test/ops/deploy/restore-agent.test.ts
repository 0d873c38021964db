import { describe, expect, it } from "vitest";
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
});
