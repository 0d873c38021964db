import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Files, pc2, scratchFleet } from "./fixture.ts";

/** Writer's dependencies are the ones that a test changes. */
const needing = (text: string) => ({ pc2: pc2.replace("needs: [Reader]", text) });
const across = "{ mode: wait, reason: it has nothing to write to }";

describe("the check of dependencies", () => {
  let scratch: ReturnType<typeof scratchFleet>;
  beforeEach(() => {
    scratch = scratchFleet();
  });
  afterEach(() => scratch.remove());
  const found = (files: Files) => scratch.found(files);
  const nextOf = (files: Files) => scratch.findings(files).map(({ next }) => next);

  it("reports an agent that needs itself once", () => {
    expect(found(needing("needs: [Writer]"))).toEqual(["pc2.yaml:6 dependency.self pc2/Writer needs itself"]);
  });

  it.each([
    ["needs: [Reader, Reader]", "needs Reader, which it needs already"],
    ["needs: [Reader, pc2/Reader]", "needs pc2/Reader, which it needs already"],
    ["needs: [Reader], wants: [Reader]", "wants Reader, which it needs already"],
  ])("reports a dependency that is named twice: %s", (text, expected) => {
    expect(found(needing(text))).toEqual([`pc2.yaml:6 dependency.twice pc2/Writer ${expected}`]);
  });

  it.each([
    ["a slip in machine/name", "needs: [pc2/Raeder]", "Did you mean pc2/Reader?"],
    ["the wrong machine", "needs: [mainpc/Reader]", "Did you mean pc2/Reader?"],
    ["both", "needs: [mainpc/Raeder]", "Did you mean pc2/Reader?"],
    ["nothing like it", "needs: [Orchestrator]", "Add that agent, or take the name out"],
  ])("proposes the agent that was meant for %s", (_, text, expected) => {
    expect(nextOf(needing(text))).toEqual([expected]);
  });

  it.each([
    ["a plain name", `[mainpc/Store], crosses: { Store: ${across} }`, "Write mainpc/Store: the key is machine/name"],
    ["a slip", `[mainpc/Store], crosses: { mainpc/Stroe: ${across} }`, "Did you mean mainpc/Store?"],
    ["an agent of its own machine", `[Reader], crosses: { pc2/Reader: ${across} }`, "Take it out"],
    ["what it does not depend on", `[Reader], crosses: { mainpc/Store: ${across} }`, "Take it out"],
  ])("refuses a key of crosses that is %s, at its line", (_, text, next) => {
    const files = needing(`needs: ${text}`);
    const [finding] = scratch.findings(files).filter(({ code }) => code === "dependency.unknown");
    expect(finding).toMatchObject({ file: "pc2.yaml", line: 6, severity: "error", next });
    expect(finding?.message).toMatch(/^pc2\/Writer crosses \S+, which is nothing that it needs or wants on another/);
  });

  it("points at the needs that begin a cycle, of two agents with one name at the right one", () => {
    const block = `${pc2.replace("failover: optional\n", "")}  - name: Reader
    group: edge
    port: 5006
    healthPort: 6006
    httpPort: 6006
    health: { kind: http }
    required: true
    needs:
      - mainpc/Raeder
      - Writer
failover: optional
`;
    expect(found({ pc2: block, batches: "batches: []\n" })).toEqual([
      "pc2.yaml:7 name.twice Reader stands twice on pc2",
      "pc2.yaml:15 dependency.unknown pc2/Reader needs mainpc/Raeder, which is in no inventory",
      "pc2.yaml:16 dependency.cycle a cycle of hard dependencies: Reader → Writer → Reader",
    ]);
  });

  it("points at the first of two agents with one name where that one is wrong", () => {
    const twice = pc2.replace("name: Writer", "name: Reader").replace(", needs: [Reader]", "");
    const files = { pc2: twice.replace("required: true }", "required: true, needs: [Ghost] }") };
    expect(found(files).slice(-2)).toEqual([
      "pc2.yaml:5 dependency.unknown pc2/Reader needs Ghost, which is in no inventory",
      "pc2.yaml:6 name.twice Reader stands twice on pc2",
    ]);
  });
});
