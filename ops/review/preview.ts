/** Runs `pulumi preview` of a stack with the policy pack, and gives back what it printed and what the engine told. */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseDocument } from "yaml";
import { messageOf } from "../../hub/io/log.ts";
import { collected } from "../collected.ts";
import { OperatorError } from "../error.ts";
import { lastLines } from "../last-lines.ts";
import type { Stack } from "../site/stacks.ts";
import { type Plan, readPlan } from "./events.ts";

export interface Preview extends Plan {
  /** For people, as the CLI printed it. */
  text: string;
  /** It could not be planned, or a rule is violated. */
  failed: boolean;
}

export interface PreviewOptions {
  /** Look at the machine for what was changed there by hand. */
  drift: boolean;
  /** Ask its engine how the containers are, too. */
  refresh: boolean;
}

const policyPack = fileURLToPath(new URL("../../components/policy", import.meta.url));
const deadlineMs = 600_000;

/** A machine that is away is no reason to show nothing of its change: then what the state says of its containers is taken. */
export async function previewAnyway(stack: Stack, options: PreviewOptions): Promise<Preview> {
  const asked = await preview(stack, options);
  if (!options.refresh || !asked.failed || asked.violations.length > 0) return asked;
  const unasked = await preview(stack, { ...options, refresh: false });
  if (unasked.failed) return unasked;
  const [why = ""] = asked.errors;
  return {
    ...unasked,
    warnings: [`its engine could not be asked how the containers are: ${why}`, ...unasked.warnings],
  };
}

export async function preview(stack: Stack, { drift, refresh }: PreviewOptions): Promise<Preview> {
  const folder = mkdtempSync(join(tmpdir(), "tandem-review-"));
  try {
    const events = join(folder, "events.json");
    const { code, text } = await pulumi([
      ...[
        "--cwd",
        dirname(stack.path),
        "preview",
        "--diff",
        "--non-interactive",
        "--color",
        "never",
        "--suppress-progress",
      ],
      ...["--stack", stack.name, "--policy-pack", policyPack, "--event-log", events],
      // The program tells a provider's new settings, which the state does not have.
      ...(refresh ? ["--refresh", "--run-program"] : []),
      ...(drift ? [] : ["--config-file", withoutDrift(stack, folder)]),
    ]);
    const plan = readPlan(existsSync(events) ? readFileSync(events, "utf8") : "");
    const failed = code !== 0;
    // What fails before the engine runs, such as a wrong passphrase, is only printed.
    const errors = failed && plan.errors.length + plan.violations.length === 0 ? [lastLines(text)] : plan.errors;
    return { ...plan, errors, failed, text };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A copy of the stack's file that says it; `--config` would write into the file itself. */
function withoutDrift({ path, name }: Stack, folder: string): string {
  const file = parseDocument(readFileSync(path, "utf8"));
  file.setIn(["config", "tandem:preview", "drift"], false);
  const copy = join(folder, `Pulumi.${name}.yaml`);
  writeFileSync(copy, file.toString({ lineWidth: 0 }), { mode: 0o600 });
  return copy;
}

function pulumi(args: readonly string[]): Promise<{ code: number | null; text: string }> {
  // The event log is among the CLI's options for those who build on it, which this opens.
  const env = { ...process.env, PULUMI_DEBUG_COMMANDS: "true", PULUMI_SKIP_UPDATE_CHECK: "true" };
  return new Promise((resolve, reject) => {
    const child = spawn("pulumi", args, { env, stdio: ["ignore", "pipe", "pipe"], timeout: deadlineMs });
    const output = collected(child);
    child.once("error", (error) => {
      const next = "Install the Pulumi CLI, 3.248 or later, and put it on PATH";
      reject(new OperatorError("pulumi.failed", `cannot start pulumi: ${messageOf(error)}`, next));
    });
    child.once("close", (code) => resolve({ code, text: withoutNoise(`${output.stdout}${output.stderr}`) }));
  });
}

/** Which plugin was found where, and what is no output of this stack, is of use to nobody who reads a review. */
const withoutNoise = (text: string) =>
  text
    .split("\n")
    .filter((line) => !/^warning: (using pulumi-|Undefined value \()/.test(line))
    .join("\n");
