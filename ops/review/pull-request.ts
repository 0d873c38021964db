/** Finds out of the environment of a workflow which pull request is reviewed, and by which token. */
import { readFileSync } from "node:fs";
import { z } from "zod";
import { OperatorError } from "../error.ts";

export interface PullRequest {
  /** @example "https://api.github.com" */
  apiUrl: string;
  /** @example "octo/site" */
  repository: string;
  number: number;
  token: string;
}

const Event = z.object({ pull_request: z.object({ number: z.number().int().positive() }) });

/**
 * @param env what a workflow sets: GITHUB_TOKEN (given by the workflow), GITHUB_REPOSITORY, GITHUB_API_URL, GITHUB_EVENT_PATH
 * @param number @default that of the event that started the workflow
 */
export function pullRequestOf(env: NodeJS.ProcessEnv, number?: number): PullRequest {
  const needed = (name: string, next: string): string => {
    const value = env[name] ?? "";
    if (value === "")
      throw new OperatorError("github.unknown", `${name} is not set, so the comment has no place`, next);
    return value;
  };
  const token = needed(
    "GITHUB_TOKEN",
    "Give the workflow's own, github.token, or by hand one that may write pull requests",
  );
  const repository = needed("GITHUB_REPOSITORY", "Set it as in: GITHUB_REPOSITORY=octo/site");
  if (!/^[\w.-]+\/[\w.-]+$/.test(repository))
    throw new OperatorError(
      "github.unknown",
      `GITHUB_REPOSITORY is no owner/name: ${repository}`,
      "Set it as in: octo/site",
    );
  const apiUrl = (env.GITHUB_API_URL ?? "https://api.github.com").replace(/\/+$/, "");
  return { apiUrl, repository, token, number: number ?? numberIn(env.GITHUB_EVENT_PATH ?? "") };
}

function numberIn(path: string): number {
  const refuse = (what: string) =>
    new OperatorError(
      "github.unknown",
      `no pull request to comment on: ${what}`,
      "Name it with --pr, or run on pull_request",
    );
  if (path === "") throw refuse("GITHUB_EVENT_PATH is not set");
  let event: unknown;
  try {
    event = JSON.parse(readFileSync(path, "utf8"));
  } catch {
    throw refuse(`${path} cannot be read as JSON`);
  }
  const parsed = Event.safeParse(event);
  if (!parsed.success) throw refuse(`the event in ${path} is not of a pull request`);
  return parsed.data.pull_request.number;
}
