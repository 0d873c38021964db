/** Asks the Pulumi CLI what the audit needs: the secrets of a stack, its state, and its plan as text. */
import { spawn } from "node:child_process";
import { dirname } from "node:path";
import { z } from "zod";
import { messageOf } from "../../hub/io/log.ts";
import { collected } from "../collected.ts";
import { OperatorError } from "../error.ts";
import { isRecord, readConfig, type Stack, secretPaths } from "../site/stacks.ts";
import type { Secret } from "./patterns.ts";

const Shown = z.record(z.string(), z.object({ value: z.string().optional(), objectValue: z.unknown().optional() }));

/** The values of a stack's secrets, opened with the passphrase or key that the operator's environment holds. */
export async function secretsOf(stack: Stack): Promise<Secret[]> {
  const paths = secretPaths(readConfig(stack.path, stack.name));
  if (paths.length === 0) return [];
  const text = await pulumi(stack, ["config", "--show-secrets", "--json"]);
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
export function stateOf(stack: Stack): Promise<string> {
  return pulumi(stack, ["stack", "export"]);
}

/** What a reviewer is shown, in words and as JSON. */
export async function planOf(stack: Stack): Promise<string> {
  return `${await pulumi(stack, ["preview", "--diff"])}\n${await pulumi(stack, ["preview", "--json"])}`;
}

function pulumi({ name, path }: Stack, words: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const args = ["--cwd", dirname(path), ...words, "--stack", name, "--non-interactive"];
    const child = spawn("pulumi", args, { stdio: ["ignore", "pipe", "pipe"] });
    const output = collected(child);
    const fail = (what: string, next: string) => reject(new OperatorError("pulumi.failed", what, next));
    child.once("error", (error) =>
      fail(`cannot start pulumi: ${messageOf(error)}`, "Install the Pulumi CLI, 3.248 or later, and put it on PATH"),
    );
    child.once("close", (code) => {
      const { stdout, stderr } = output;
      if (code === 0) return resolve(stdout);
      const reason = (stderr.trim() || stdout.trim()).split("\n").slice(-3).join("\n  ");
      fail(`pulumi ${words.join(" ")} ended with ${code}:\n  ${reason}`, nextFor(reason));
    });
  });
}

function nextFor(reason: string): string {
  if (/passphrase/i.test(reason))
    return "Put the stack's passphrase into PULUMI_CONFIG_PASSPHRASE_FILE, a file of mode 0600";
  if (/no stack named/i.test(reason))
    return "Log in to the backend that holds the stack (pulumi login), or name it with --stack";
  return "Run it by hand to see all of what it says";
}
