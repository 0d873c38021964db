import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { conclude } from "../../../ops/drill/conclude.ts";
import { figuresOf } from "../../../ops/drill/figures.ts";
import { tell } from "../../../ops/drill/tell.ts";
import { OperatorError } from "../../../ops/error.ts";
import type { DocumentToKeep } from "../../../ops/site/keep-documents.ts";
import { played } from "./played.ts";

const record = { v: 1 as const, at: "2026-01-02T03:04:05.000Z", by: "ops@desk", played: [], figures: figuresOf([]) };
let folder: string;
let hub: Server;
let kept: string[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "tandem-conclude-"));
  kept = [];
  hub = createServer((_, response) => void response.end(JSON.stringify({ machine: "mainpc", documents: [] })));
  await new Promise<void>((resolve) => hub.listen(0, "127.0.0.1", resolve));
});
afterEach(() => {
  hub.close();
  hub.closeAllConnections();
  rmSync(folder, { recursive: true });
});

const siteAt = (port: number) => ({
  name: "a pair",
  hubs: new Map([["mainpc", `http://127.0.0.1:${port}`]]),
  async keep(documents: readonly DocumentToKeep[]) {
    kept.push(...documents.map(({ key }) => key));
    return documents.map(() => ({ kind: "stored" as const, revision: "1", copies: 2 as const }));
  },
});
const port = () => (hub.address() as AddressInfo).port; // it listens on TCP

it("both hubs keep the figures though no report can be written, which is told", async () => {
  writeFileSync(join(folder, "file"), "");
  const { report, errors } = await conclude(siteAt(port()), record, join(folder, "file", "reports"));
  expect(kept).toEqual(["last", "slot-000"]);
  expect(report).toBeUndefined();
  expect(errors.map(({ code }) => code)).toEqual(["drill.unwritten"]);
});

it("a report is written though no hub answers, which is told", async () => {
  const { report = "", errors } = await conclude(siteAt(1), record, join(folder, "reports"));
  expect(readFileSync(report, "utf8")).toContain("# Drill of 2026-01-02T03:04:05.000Z");
  expect(errors.map(({ code }) => code)).toEqual(["drill.silent"]);
});

it("with --json one object tells what was measured, why it ended early, and what could not be kept", async () => {
  const printed: string[] = [];
  const why = new OperatorError("drill.window", "it is not 02:00-04:00 now", "Run it then");
  const before = process.exitCode;
  await tell(siteAt(1), { played: [played()], why }, "ops@desk", {
    json: true,
    reports: join(folder, "reports"),
    say: () => {},
    print: (text) => void printed.push(text),
  });
  expect(process.exitCode).toBe(1);
  process.exitCode = before;
  expect(printed.map((text) => JSON.parse(text))).toMatchObject([
    { figures: { runs: 1 }, errors: [{ code: "drill.window" }, { code: "drill.silent" }] },
  ]);
});
