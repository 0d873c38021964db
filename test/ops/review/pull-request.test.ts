import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { pullRequestOf } from "../../../ops/review/pull-request.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "tandem-review-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const env = { GITHUB_TOKEN: "t", GITHUB_REPOSITORY: "octo/site" };

function eventFile(event: unknown): string {
  const path = join(folder, "event.json");
  writeFileSync(path, JSON.stringify(event));
  return path;
}

describe("the pull request", () => {
  it("is that of the workflow's event, at the API that the workflow names", () => {
    const GITHUB_EVENT_PATH = eventFile({ pull_request: { number: 7 } });
    const GITHUB_API_URL = "https://github.example.org/api/v3/";
    expect(pullRequestOf({ ...env, GITHUB_EVENT_PATH, GITHUB_API_URL })).toEqual({
      apiUrl: "https://github.example.org/api/v3",
      repository: "octo/site",
      number: 7,
      token: "t",
    });
  });

  it("is the one that is named, whatever the event says", () => {
    expect(pullRequestOf(env, 42)).toMatchObject({ number: 42, apiUrl: "https://api.github.com" });
  });

  it.each([
    [{ ...env, GITHUB_TOKEN: "" }, "GITHUB_TOKEN is not set"],
    [{ GITHUB_TOKEN: "t" }, "GITHUB_REPOSITORY is not set"],
    [{ ...env, GITHUB_REPOSITORY: "octo/site/../x" }, "GITHUB_REPOSITORY is no owner/name"],
    [env, "GITHUB_EVENT_PATH is not set"],
    [{ ...env, GITHUB_EVENT_PATH: "/nowhere" }, "/nowhere cannot be read as JSON"],
  ])("that cannot be known from %o is refused with what is missing", (given, what) => {
    expect(() => pullRequestOf(given)).toThrow(what);
  });

  it("of an event that is none is refused", () => {
    const GITHUB_EVENT_PATH = eventFile({ push: {} });
    expect(() => pullRequestOf({ ...env, GITHUB_EVENT_PATH })).toThrow("is not of a pull request");
  });
});
