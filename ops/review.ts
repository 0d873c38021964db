/** `tandem review`: previews every machine and says in one comment what would change, on the terminal or on a pull request. */
import { type Command, InvalidArgumentError } from "commander";
import { OperatorError } from "./error.ts";
import { effectsOf } from "./review/changes.ts";
import { type Comment, marker, type Reviewed, renderComment } from "./review/comment.ts";
import { publish } from "./review/github.ts";
import { refuseSecrets } from "./review/guard.ts";
import { preview, previewAnyway } from "./review/preview.ts";
import { pullRequestOf } from "./review/pull-request.ts";
import { patternsOf, type Secret } from "./secrets/patterns.ts";
import { secretsOf } from "./secrets/pulumi.ts";
import { readStacks, siteDir } from "./site/stacks.ts";
import { progressOf } from "./terminal/progress.ts";

interface ReviewOptions {
  stack?: string[];
  dir: string;
  drift: boolean;
  refresh: boolean;
  expectNoChanges: boolean;
  post: boolean;
  pr?: number;
  json: boolean;
}

const exitFailed = 1;
const exitChanges = 2;
/** What an `up` would do beside looking. */
const changing = ["create", "update", "replace", "delete"];

export function registerReview(program: Command): void {
  program
    .command("review")
    .description(
      "preview each machine with the policy pack and say in Markdown what restarts, which files change and how; " +
        "ends with 1 when a preview fails or a rule is violated",
    )
    .option("--stack <name...>", "stacks to preview (default: the pair's and the satellites')")
    .option("--no-drift", "do not look at the machines, where this computer does not reach them; the comment says so")
    .option("--refresh", "ask the engines too, so that containers changed by hand show", false)
    .option("--expect-no-changes", "end with 2 when something would change, as for a look at drift", false)
    .option(
      "--post",
      "make it the one comment of a pull request, edited in place (GITHUB_TOKEN, GITHUB_REPOSITORY)",
      false,
    )
    .option("--pr <number>", "the pull request (default: that of the workflow's event)", pullNumber)
    .option("--dir <folder>", "folder with Pulumi.yaml and the stacks' files", siteDir)
    .option("--json", "print one JSON object", false)
    .addHelpText(
      "after",
      "\nExamples:\n  $ tandem review\n  $ tandem review --no-drift --post\n  $ tandem review --refresh --expect-no-changes",
    )
    .action(review);
}

async function review(options: ReviewOptions): Promise<void> {
  if (options.refresh && !options.drift) {
    const what = "--refresh asks the machines, and --no-drift does not look at them";
    throw new OperatorError("review.options", what, "Leave out one of them");
  }
  // Before minutes of previews, so that what is missing is said at once.
  const pull = options.post ? pullRequestOf(process.env, options.pr) : undefined;
  const { machines, secrets } = await previewAll(options).catch(unreadable);
  const drift = !options.drift ? "left out" : options.refresh ? "files and containers" : "files";
  const body = renderComment({ machines, drift });
  refuseSecrets([body, ...machines.map(({ text }) => text)].join("\n"), secrets.flatMap(patternsOf));
  process.exitCode = exitCodeOf(machines, options);
  const url = pull === undefined ? undefined : await publish(pull, marker, body);
  process.stdout.write(`${options.json ? asJson(machines, drift, url) : (url ?? body)}\n`);
}

async function previewAll(options: ReviewOptions): Promise<{ machines: Reviewed[]; secrets: Secret[] }> {
  const stacks = readStacks(options.stack, options.dir);
  const secrets = (await Promise.all(stacks.map(secretsOf))).flat();
  const { step } = progressOf(options);
  // Whoever expects no change wants to know of a machine that was not asked.
  const look = options.expectNoChanges ? preview : previewAnyway;
  const machines: Reviewed[] = [];
  for (const stack of stacks) {
    const { changes, counts, ...plan } = await step({
      title: `previewing ${stack.name}`,
      work: () => look(stack, options),
      isWell: ({ failed }) => !failed,
    });
    machines.push({
      machine: stack.site.machine.name,
      stack: stack.name,
      effects: effectsOf({ changes, counts }),
      counts,
      ...plan,
    });
  }
  return { machines, secrets };
}

/** A stack's file with a mistake is what a review is for; whatever else is wrong is the operator's. */
function unreadable(error: unknown): { machines: Reviewed[]; secrets: Secret[] } {
  if (!(error instanceof OperatorError) || !error.code.startsWith("config.")) throw error;
  const plan = { changes: [], counts: {} };
  const broken = { violations: [], warnings: [], errors: [error.toText()], failed: true, text: "" };
  return {
    machines: [{ machine: "the site", stack: "", effects: effectsOf(plan), counts: {}, ...broken }],
    secrets: [],
  };
}

function exitCodeOf(machines: Reviewed[], { expectNoChanges }: ReviewOptions): number {
  if (machines.some(({ failed }) => failed)) return exitFailed;
  const changes = machines.some(({ counts }) => changing.some((op) => (counts[op] ?? 0) > 0));
  return expectNoChanges && changes ? exitChanges : 0;
}

function asJson(machines: Reviewed[], drift: Comment["drift"], url: string | undefined): string {
  return JSON.stringify({
    exitCode: process.exitCode,
    drift,
    url,
    machines: machines.map(({ text: _, ...machine }) => machine),
  });
}

function pullNumber(text: string): number {
  if (!/^[1-9]\d{0,9}$/.test(text)) throw new InvalidArgumentError("the number of a pull request, such as 42");
  return Number(text);
}
