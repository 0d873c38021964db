import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { HubFile, hubFileName } from "../../../fleet/hub-file.ts";
import { requireFleet } from "../../../fleet/load.ts";
import type { DataFolder } from "../../../ops/local/data-folder.ts";
import { renewHubFiles } from "../../../ops/local/hub-files.ts";
import { planSite } from "../../../ops/local/site.ts";

let folder: string;
let data: DataFolder;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tandem-hub-files-"));
  data = { path: folder, existed: true, machine: (name) => join(folder, name), release() {} };
});
afterEach(() => rmSync(folder, { recursive: true }));

const put = (machine: string, name: string, text: string): string => {
  const path = join(folder, machine, "hubs", name, hubFileName);
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, text);
  return path;
};
const old = {
  primary: { name: "pc2", url: "http://127.0.0.1:1" },
  fallback: { name: "mainpc", url: "http://127.0.0.1:2" },
};

it("a run with other ports gives hub files the new ones, with revision, stage and thresholds as they were", () => {
  const file = { v: 1, agent: "TutorAgent", machine: "pc2", revision: 7, stage: "dual", ...old };
  const path = put("pc2", "TutorAgent", JSON.stringify({ ...file, thresholds: { deadlineMs: 900 } }));
  renewHubFiles(planSite(requireFleet(), 100), data);
  const fresh = HubFile.parse(JSON.parse(readFileSync(path, "utf8")));
  expect(fresh).toMatchObject({ revision: 7, stage: "dual", thresholds: { deadlineMs: 900 } });
  expect([fresh.primary.url, fresh.fallback.url]).toEqual(["http://127.0.0.1:9200", "http://127.0.0.1:9100"]);
});

it("a file that is damaged, or of nobody here, stays as it is", () => {
  const paths = [put("pc2", "TutorAgent", "{"), put("pc2", "Nobody", "{}")];
  renewHubFiles(planSite(requireFleet(), 100), data);
  expect(paths.map((path) => readFileSync(path, "utf8"))).toEqual(["{", "{}"]);
});
