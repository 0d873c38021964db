import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { batches, scratchFleet } from "./fixture.ts";

const correcting = (...corrections: string[]) =>
  `${batches}corrections:\n${corrections.map((text) => `  - { agent: pc2/Writer, ${text} }\n`).join("")}`;

describe("the check of batches", () => {
  let scratch: ReturnType<typeof scratchFleet>;
  beforeEach(() => {
    scratch = scratchFleet();
  });
  afterEach(() => scratch.remove());

  it.each([
    ["a slip", "pc2/Wirter", "Did you mean pc2/Writer?"],
    ["the wrong machine", "mainpc/Writer", "Did you mean pc2/Writer?"],
    ["a name without its machine", "Writer", "Did you mean pc2/Writer?"],
    ["nobody", "pc2/Orchestrator", "Write machine/name as the inventory has it, or take it out"],
  ])("proposes the agent that was meant by %s", (_, name, next) => {
    const findings = scratch.findings({ batches: batches.replace("pc2/Writer", `pc2/Writer, ${name}`) });
    expect(findings).toMatchObject([{ code: "batch.unknown", file: "batches.yaml", line: 3, next }]);
  });

  it("refuses a correction from a batch to the same one", () => {
    expect(scratch.found({ batches: correcting("from: second, to: second, because: Reader comes first") })).toEqual([
      "batches.yaml:5 batch.correction a correction moves pc2/Writer from second to second, which is no move",
    ]);
  });

  it("refuses a second correction for one agent, at its own line, and notes the first", () => {
    const twice = correcting(
      "from: first, to: second, because: Reader comes first",
      "from: first, to: second, because: it waits",
    );
    expect(scratch.found({ batches: twice.replace("it waits", "it waits for Reader") })).toEqual([
      "batches.yaml:5 batch.corrected pc2/Writer was planned for first and stands in second: Reader comes first",
      "batches.yaml:6 batch.correction a second correction for pc2/Writer",
    ]);
  });
});
