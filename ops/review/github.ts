/** Keeps one comment on a pull request: edits its own that begins with the marker, or makes it. */
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { messageOf } from "../../hub/io/log.ts";
import { OperatorError } from "../error.ts";
import type { PullRequest } from "./pull-request.ts";

const User = z.object({ login: z.string(), type: z.string() });
const Comment = z.object({
  id: z.number(),
  body: z.string().nullish(),
  html_url: z.string().default(""),
  user: User.nullish(),
});
type Comment = z.infer<typeof Comment>;

/** Pages of 100; beyond it a new comment is made rather than none. */
const mostPages = 30;
const requestDeadlineMs = 20_000;
/** Waits before each further try, ms, unless the server names one. */
const pausesMs = [1_000, 4_000, 15_000];
const longestPauseMs = 60_000;

/** GitHub was not reached, or is busy. */
class Busy extends Error {
  readonly afterMs: number | undefined;

  constructor(message: string, afterMs?: number) {
    super(message);
    this.afterMs = afterMs;
  }
}

/** GitHub will not do it, now or later. */
class Refused extends OperatorError {
  readonly status: number;

  constructor(status: number, what: string, next: string) {
    super("github.refused", what, next);
    this.status = status;
  }
}

/**
 * A try after a lost answer looks for the comment again, so that one that was made unheard is edited, not made twice.
 *
 * @param pause @default waits
 * @returns the comment's address for people
 */
export async function publish(
  pull: PullRequest,
  marker: string,
  body: string,
  pause: (ms: number) => Promise<unknown> = sleep,
): Promise<string> {
  for (let tries = 0; ; tries++) {
    try {
      const own = await find(pull, marker);
      const path = own === undefined ? `issues/${pull.number}/comments` : `issues/comments/${own.id}`;
      const written = await ask(pull, own === undefined ? "POST" : "PATCH", urlOf(pull, path), { body });
      return Comment.parse(await written.json()).html_url;
    } catch (error) {
      if (!(error instanceof Busy)) throw error;
      const pauseMs = pausesMs[tries];
      if (pauseMs === undefined)
        throw new OperatorError(
          "github.busy",
          `the comment was not published in ${tries + 1} tries: ${error.message}`,
          "Run the workflow again later",
        );
      await pause(Math.min(error.afterMs ?? pauseMs, longestPauseMs));
    }
  }
}

/** The oldest of ours that begins with the marker: anybody may write one that does, and rewrite it later; one that quotes it is another's. */
async function find(pull: PullRequest, marker: string): Promise<Comment | undefined> {
  const isOurs = await authorOf(pull);
  let url: string | undefined = urlOf(pull, `issues/${pull.number}/comments?per_page=100`);
  for (let page = 0; url !== undefined && page < mostPages; page++) {
    const answer = await ask(pull, "GET", url);
    const own = z
      .array(Comment)
      .parse(await answer.json())
      .find(({ body, user }) => body?.startsWith(marker) && isOurs(user ?? undefined));
    if (own !== undefined) return own;
    url = nextOf(answer.headers.get("link") ?? "");
  }
  return undefined;
}

/** Whose comments are the token's: those of a person by name; a workflow's token has no name to ask for, and writes as a bot. */
async function authorOf(pull: PullRequest): Promise<(user: z.infer<typeof User> | undefined) => boolean> {
  try {
    const { login } = User.parse(await (await ask(pull, "GET", `${pull.apiUrl}/user`)).json());
    return (user) => user?.login === login;
  } catch (error) {
    if (!(error instanceof Refused) || error.status !== 403) throw error;
    return (user) => user?.type === "Bot";
  }
}

const urlOf = ({ apiUrl, repository }: PullRequest, path: string) => `${apiUrl}/repos/${repository}/${path}`;

const nextOf = (link: string) => /<([^>]+)>;\s*rel="next"/.exec(link)?.[1];

async function ask(pull: PullRequest, method: string, url: string, body?: unknown): Promise<Response> {
  const headers = {
    accept: "application/vnd.github+json",
    authorization: `Bearer ${pull.token}`,
    "content-type": "application/json",
    "user-agent": "tandem-review",
    "x-github-api-version": "2022-11-28",
  };
  const signal = AbortSignal.timeout(requestDeadlineMs);
  const request = { method, headers, signal, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
  const answer = await fetch(url, request).catch((error: unknown) => {
    // fetch's own message is "fetch failed"; why is in its cause.
    throw new Busy(
      `${new URL(url).host} was not reached: ${messageOf(error instanceof Error ? (error.cause ?? error) : error)}`,
    );
  });
  if (answer.ok) return answer;
  const said = z.object({ message: z.string() }).safeParse(await answer.json().catch(() => undefined));
  const words = `${method} of ${new URL(url).pathname} was answered with ${answer.status}${said.success ? `: ${said.data.message}` : ""}`;
  const afterSeconds = Number(answer.headers.get("retry-after") ?? Number.NaN);
  const afterMs = Number.isFinite(afterSeconds) ? afterSeconds * 1_000 : undefined;
  // GitHub's limits come as 429, or as 403 with a time to wait.
  if (answer.status >= 500 || answer.status === 429 || (answer.status === 403 && afterMs !== undefined))
    throw new Busy(words, afterMs);
  throw new Refused(answer.status, words, nextStep(answer.status, pull));
}

function nextStep(status: number, { repository, number }: PullRequest): string {
  switch (status) {
    case 401:
      return "GITHUB_TOKEN is no token or has ended: take that of the workflow, github.token";
    case 403:
      return "Give the job permissions: { pull-requests: write }; a fork's workflow has none, whatever it asks for";
    case 404:
      return `Check that pull request ${number} is in ${repository}, and that the token may see it`;
    default:
      return "Run it again; if it stays, compare with the REST API's page on issue comments";
  }
}
