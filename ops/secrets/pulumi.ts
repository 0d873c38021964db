/** Asks the Pulumi CLI what the audit needs: the secrets of a stack, its state, and its plan as text. */
import { spawn } from "node:child_process";
import { z } from "zod";
import { messageOf } from "../../hub/io/log.ts";
import { OperatorError } from "../error.ts";
import { isRecord, readConfig, type Stack, secretPaths } from "../site/stacks.ts";
import type { Secret } from "./patterns.ts";

const Shown = z.record(z.string(), z.object({ value: z.string().optional(), objectValue: z.unknown().optional() }));

/** The values of a stack's secrets, opened with the passphrase or key that the operator's environment holds. */
export async function secretsOf(stack: Stack, cwd: string): Promise<Secret[]> {
  const paths = secretPaths(readConfig(stack.path, stack.name));
  if (paths.length === 0) return [];
  const text = await pulumi(["config", "--show-secrets", "--json", "--stack", stack.name], cwd);
  const shown = Shown.parse(JSON.parse(text));
  return paths.flatMap((path) => {
    const [key = "", ...below] = path;
    const entry = Object.entries(shown).find(([name]) => name.split(":").at(-1) === key)?.[1];
    const value = below.reduce<unknown>((at, part) => (isRecord(at) ? at[part] : undefined), entry?.objectValue);
    const found = below.length === 0 ? entry?.value : value;
    return typeof found === "string" ? [{ name: `${stack.name} ${path.join(".")}`, value: found }] : [];
  });
}

/** The stack's state as the backend has it; secrets in it are encrypted, or the audit will say so. */
export function stateOf(stack: Stack, cwd: string): Promise<string> {
  return pulumi(["stack", "export", "--stack", stack.name], cwd);
}

/** What a reviewer is shown, in words and as JSON. */
export async function planOf(stack: Stack, cwd: string): Promise<string> {
  const args = ["preview", "--stack", stack.name, "--non-interactive"];
  return `${await pulumi([...args, "--diff"], cwd)}\n${await pulumi([...args, "--json"], cwd)}`;
}

function pulumi(args: readonly string[], cwd: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn("pulumi", args, { cwd, stdio: ["ignore", "pipe", "pipe"] });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    const fail = (what: string, next: string) => reject(new OperatorError("pulumi.failed", what, next));
    child.once("error", (error) =>
      fail(`cannot start pulumi: ${messageOf(error)}`, "Install the Pulumi CLI, 3.248 or later, and put it on PATH"),
    );
    child.once("close", (code) => {
      if (code === 0) return resolve(stdout);
      const reason = (stderr.trim() || stdout.trim()).split("\n").slice(-3).join("\n  ");
      fail(`pulumi ${args.slice(0, 2).join(" ")} ended with ${code}:\n  ${reason}`, nextFor(reason));
    });
  });
}

function nextFor(reason: string): string {
  if (/passphrase/i.test(reason)) return "Put the stack's passphrase into PULUMI_CONFIG_PASSPHRASE_FILE, a file of mode 0600";
  if (/no stack named/i.test(reason)) return "Log in to the backend that holds the stack (pulumi login), or name it with --stack";
  return "Run it by hand to see all of what it says";
}
