/** Writes stack files with their secrets encrypted: worked out in a folder of its own first, then put in place together. */
import { copyFileSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseStack } from "../../components/stack-config.ts";
import { OperatorError } from "../error.ts";
import { secretPaths } from "../site/stacks.ts";
import type { Progress } from "../terminal/progress.ts";
import { Pulumi } from "./pulumi-cli.ts";
import { readStackFile, type StackFile, stackPath, stackText } from "./stack-file.ts";

export interface SealedStack {
  stack: string;
  file: StackFile;
  /** By key without the project's name, or by path. @example { hubSeed: "SUA…", "agentSecrets.broker": "…" } */
  secrets: Record<string, string>;
}

export interface SealOptions {
  /** Folder of Pulumi.yaml. */
  folder: string;
  project: string;
  secretsProvider?: string;
  /** Passphrase of the stacks' secrets. Undefined where a variable names it, or none is needed. */
  passphrase?: string;
  /** Whether a stack that the backend does not have is made there. @default true */
  mayMakeStacks?: boolean;
  signal: AbortSignal;
  progress: Pick<Progress, "step">;
}

/** Until it returns the folder is as it was; stacks made in the backend on the way stay, empty. */
export async function seal(stacks: SealedStack[], options: SealOptions): Promise<string[]> {
  const { folder, project, secretsProvider, passphrase, mayMakeStacks = true, signal, progress } = options;
  for (const { stack, file } of stacks) parseStack(groupsOf(file, project), stack, project);
  const work = mkdtempSync(join(tmpdir(), "tandem-init-"));
  try {
    copyFileSync(join(folder, "Pulumi.yaml"), join(work, "Pulumi.yaml"));
    for (const { stack, file } of stacks) writeFileSync(stackPath(work, stack), stackText(file));
    const passphraseFile = passphrase === undefined ? undefined : join(work, "passphrase");
    if (passphraseFile !== undefined) writeFileSync(passphraseFile, passphrase ?? "", { mode: 0o600 });
    const pulumi = new Pulumi({ cwd: work, passphraseFile, signal });
    for (const { stack, secrets } of stacks) {
      const encrypt = async () => {
        await (mayMakeStacks ? pulumi.ensureStack(stack, secretsProvider) : pulumi.requireStack(stack));
        for (const [key, value] of Object.entries(secrets)) await pulumi.setSecret(stack, key, value);
        assertEncrypted(work, stack, project, Object.keys(secrets));
      };
      const count = Object.keys(secrets).length;
      if (count === 0) await encrypt();
      else await progress.step({ title: `Encrypting ${count} secrets of ${stack}`, work: encrypt });
    }
    signal.throwIfAborted();
    const paths = stacks.map(({ stack }) => stackPath(folder, stack));
    for (const { stack } of stacks)
      writeFileSync(`${stackPath(folder, stack)}.new`, readFileSync(stackPath(work, stack)));
    for (const path of paths) renameSync(`${path}.new`, path);
    return paths;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function groupsOf({ config }: StackFile, project: string): Record<string, unknown> {
  const own = Object.entries(config).filter(([, value]) => secretPaths(value).length === 0);
  return Object.fromEntries(own.map(([key, value]) => [key.replace(`${project}:`, ""), value]));
}

/** Before anything reaches the repository: an older CLI or another provider must not have left one plain. */
function assertEncrypted(work: string, stack: string, project: string, paths: string[]): void {
  const config = readStackFile(work, stack)?.config ?? {};
  const encrypted = secretPaths(config).map((path) => path.join(".").replace(`${project}:`, ""));
  const plain = paths.filter((path) => !encrypted.includes(path));
  if (plain.length === 0) return;
  throw new OperatorError(
    "init.not-encrypted",
    `pulumi did not encrypt ${plain.join(" and ")} of ${stack}`,
    "Nothing was written. Check pulumi version, 3.248 or later, and run this again",
  );
}
