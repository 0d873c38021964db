import { expect, test } from "vitest";
import { createLog, suppressedLines } from "../../../hub/io/log.ts";

test("a flood of one event leaves room for others, and a text of a megabyte is cut", () => {
  const lines: Record<string, unknown>[] = [];
  const log = createLog("mainpc", (line) => lines.push(JSON.parse(line)));
  log.warn("push.refused", { path: "x".repeat(1_000_000), nested: { text: "y".repeat(3_000) } });
  expect(lines[0]).toMatchObject({ path: `${"x".repeat(2_000)}…`, nested: { text: `${"y".repeat(2_000)}…` } });
  const before = suppressedLines();
  for (let i = 0; i < 50_000; i++) log.info("agent.flaps");
  expect(suppressedLines() - before).toBe(50_001 - lines.length);
  log.error("service.moved", { service: "Store" });
  expect(lines.length).toBeLessThan(10_000);
  expect(lines.at(-1)).toMatchObject({ event: "service.moved", level: "error", service: "Store" });
});
