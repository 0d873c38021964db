import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { publish } from "../../../ops/review/github.ts";
import type { PullRequest } from "../../../ops/review/pull-request.ts";
import { CommentsApi } from "./comments-api.ts";

const marker = "<!-- tandem review -->";
const body = (text: string) => `${marker}\n\n${text}`;

let api: CommentsApi;
let pull: PullRequest;
let pauses: number[];
beforeEach(async () => {
  api = new CommentsApi();
  pull = { apiUrl: await api.start(), repository: "octo/site", number: 7, token: "good" };
  pauses = [];
});
afterEach(() => api.stop());

const publishNow = (text: string) => publish(pull, marker, body(text), async (ms) => void pauses.push(ms));

describe("the one comment of a pull request", () => {
  it("is made when there is none, and its address given back", async () => {
    api.add("a person's");
    expect(await publishNow("first")).toBe("https://github.example/octo/site/pull/7#issuecomment-101");
    expect(api.comments.map((one) => one.body)).toEqual(["a person's", body("first")]);
  });

  it("is edited in place by the next review, and by all after it", async () => {
    for (const text of ["first", "second", "third"]) await publishNow(text);
    expect(api.comments.map((one) => one.body)).toEqual([body("third")]);
    expect(api.requests.filter((request) => request.startsWith("POST"))).toHaveLength(1);
  });

  it("is found on the third page of 250 comments, and one that only quotes it is left alone", async () => {
    for (let n = 0; n < 230; n++) api.add(n === 3 ? `> ${marker}` : `comment ${n}`);
    api.add(body("old"));
    for (let n = 0; n < 19; n++) api.add("later");
    await publishNow("new");
    expect(api.comments).toHaveLength(250);
    expect(api.comments[230]?.body).toBe(body("new"));
    expect(api.comments[3]?.body).toBe(`> ${marker}`);
    expect(api.requests).toHaveLength(5);
  });

  it("is not one that somebody else began with the marker, who could rewrite it later", async () => {
    const strangers = [{ login: "mallory", type: "User" as const }, null];
    for (const user of strangers) api.add(body("nothing changes"), user);
    for (const text of ["first", "second"]) await publishNow(text);
    expect(api.comments.map((one) => one.body)).toEqual([
      ...strangers.map(() => body("nothing changes")),
      body("second"),
    ]);
  });

  it("is that of the person whose token it is, and no bot's", async () => {
    api.person = "octo";
    api.add(body("a bot's"));
    api.add(body("mallory's"), { login: "mallory", type: "User" });
    for (const text of ["first", "second"]) await publishNow(text);
    expect(api.comments.map((one) => one.body)).toEqual([body("a bot's"), body("mallory's"), body("second")]);
  });
});

describe("a server that is busy", () => {
  it("is asked again after 1 s, 4 s and 15 s, or after the time that it names, at most a minute", async () => {
    api.refusals.push(
      { method: "GET", status: 502 },
      { method: "GET", status: 429, retryAfter: 7 },
      { method: "POST", status: 403, retryAfter: 3_600 },
    );
    await publishNow("first");
    expect(pauses).toEqual([1_000, 7_000, 60_000]);
    expect(api.comments).toHaveLength(1);
  });

  it("is given up after 4 tries, with what it said last", async () => {
    for (let n = 0; n < 4; n++) api.refusals.push({ method: "GET", status: 503 });
    await expect(publishNow("first")).rejects.toThrow(
      "the comment was not published in 4 tries: GET of /user was answered with 503: later",
    );
    expect(pauses).toEqual([1_000, 4_000, 15_000]);
  });

  it("that took the comment and lost the answer has one comment all the same", async () => {
    api.refusals.push({ method: "POST", status: 0, unheard: true });
    await publishNow("first");
    expect(pauses).toEqual([1_000]);
    expect(api.comments.map((one) => one.body)).toEqual([body("first")]);
  });

  it("that is not there is named", async () => {
    await api.stop();
    await expect(publishNow("first")).rejects.toThrow(/127\.0\.0\.1:\d+ was not reached: .*ECONNREFUSED/);
    await api.start();
  });
});

describe("a refusal", () => {
  it("of the token, of the permission, or of the number is said at once with what to do", async () => {
    const nextOf = async () => {
      const error = await publishNow("first").catch((reason: unknown) => reason);
      return String(Reflect.get(Object(error), "next"));
    };
    api.refusals.push({ method: "POST", status: 403 });
    expect(await nextOf()).toContain("pull-requests: write");
    pull = { ...pull, number: 8 };
    expect(await nextOf()).toContain("pull request 8 is in octo/site");
    pull = { ...pull, token: "bad" };
    expect(await nextOf()).toContain("GITHUB_TOKEN is no token");
    expect(pauses).toEqual([]);
  });

  it("of a comment that is too long carries GitHub's words", async () => {
    await expect(publishNow("x".repeat(70_000))).rejects.toThrow("was answered with 422: Body is too long");
  });
});
