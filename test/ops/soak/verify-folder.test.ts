import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fingerprintOf } from "../../../ops/soak/checkpoint.ts";
import { reportFolder } from "../../../ops/soak/report-folder.ts";
import { type Known, verifyFolder } from "../../../ops/soak/verify-folder.ts";
import { finishRun } from "./finished-run.ts";
import { sliceAt } from "./slices.ts";

describe("the folder of a run that is over", () => {
  let dir: string;
  let publicKey: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "soak-verify-"));
    publicKey = finishRun(dir, (minute) => (minute === 59 ? { streams: { a: { asked: 10, failed: 10 } } } : {}))
      .settings.publicKey;
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  const path = (name: string) => join(dir, name);
  const edit = (name: string, from: string | RegExp, to: string) =>
    writeFileSync(path(name), readFileSync(path(name), "utf8").replace(from, to));
  const found = async (known?: Known) =>
    (await verifyFolder(dir, known)).problems.map(({ of, what }) => `${of} ${what}`);

  it("verifies as it was written, and when its report is made again", async () => {
    expect(reportFolder(dir).verdict).toBe("fail");
    expect(await verifyFolder(dir)).toMatchObject({
      problems: [],
      unvouched: { slices: 0, events: 0 },
      checkpoints: 2,
    });
  });

  it("does not when a bar was lowered under which it fails, or the hours that were asked for", async () => {
    edit("soak.json", /"availability": [\d.]+/, '"availability": 1');
    expect(await found()).toContain("soak.json is not what checkpoint 0001 was signed with");
    edit("soak.json", '"availability": 1', '"availability": 99.9');
    edit("soak.json", '"hours": 1', '"hours": 0.9');
    expect(await found()).toContain("soak.json is not what checkpoint 0001 was signed with");
  });

  it("does not when a good slice was put after the last one", async () => {
    appendFileSync(path("slices.jsonl"), `${JSON.stringify(sliceAt(60))}\n`);
    expect(await found()).toContain(
      "slices.jsonl has lines at its end that no checkpoint vouches for, although the run is over: 1",
    );
  });

  it("does not when its checkpoints were taken away", async () => {
    rmSync(path("checkpoints"), { recursive: true });
    expect(await found()).toContain("the folder has no checkpoint, so nothing is vouched for");
  });

  it.each(["report.md", "report.html", "report.json"])("does not when %s says that it passed", async (name) => {
    edit(name, /fail/i, "pass");
    expect(await found()).toEqual([expect.stringMatching(`^${name} is not what the slices say`)]);
  });

  it("does not when its report is of fewer slices than are vouched for", async () => {
    edit("report.json", '"slices": 60', '"slices": 30');
    expect(await found()).toEqual([expect.stringMatching("^report.json is of the first 30 slices, and 60 are")]);
  });

  it("does not when a line is none any more, which is no reason to stop there", async () => {
    edit("slices.jsonl", "{", "");
    expect(await found()).toEqual([
      expect.stringMatching("^checkpoint 0001 vouches for lines 1 to 30"),
      expect.stringMatching("^the report cannot be made again: line 1 of"),
    ]);
  });

  it("is held against the key, or its fingerprint, that whoever verifies has noted", async () => {
    const fingerprint = fingerprintOf(publicKey);
    expect(fingerprint).toMatch(/^SHA256:[\w-]{43}$/);
    expect(await found({ key: publicKey })).toEqual([]);
    expect(await found({ key: fingerprint })).toEqual([]);
    expect(await found({ key: "SHA256:other" })).toEqual([
      `soak.json names the key ${fingerprint}, and not SHA256:other`,
    ]);
  });

  it("is not held against hubs that do not answer, which is told when they were named", async () => {
    expect(await found({ hubUrls: ["http://127.0.0.1:9"] })).toEqual(["no hub answers at http://127.0.0.1:9"]);
  });
});
