/** Copies keys from one stack file into another, and leaves what else an operator has written there. */
import { readFileSync } from "node:fs";
import { type Document, parseDocument } from "yaml";
import { writeDurablySync } from "../../hub/io/write-durably.ts";
import { OperatorError } from "../error.ts";
import { stackPath } from "../init/stack-file.ts";

export interface Copying {
  /** Folders of stack files, the later ones over the earlier ones. */
  from: readonly { folder: string /** Paths of keys by stack. */; keys: Readonly<Record<string, readonly string[]>> }[];
  to: string;
  /** Namespace of the keys. */
  project: string;
}

/** How Pulumi encrypts a stack. */
const encryption = ["secretsprovider", "encryptedkey", "encryptionsalt"] as const;

/** All files or, when one is encrypted otherwise than its source, none. @throws OperatorError */
export function copyKeys({ from, to, project }: Copying): void {
  const targets = new Map<string, Document>();
  for (const { folder, keys } of from)
    for (const [stack, paths] of Object.entries(keys)) {
      const target = targets.get(stack) ?? parseDocument(readFileSync(stackPath(to, stack), "utf8"));
      targets.set(stack, target);
      const source = parseDocument(readFileSync(stackPath(folder, stack), "utf8"));
      if (encryption.some((key) => source.get(key) !== target.get(key))) throw otherwise(stackPath(to, stack));
      for (const path of paths) {
        const at = ["config", ...keyPath(project, path)];
        target.setIn(at, source.getIn(at, true));
      }
    }
  for (const [stack, document] of targets)
    writeDurablySync(stackPath(to, stack), Buffer.from(document.toString({ lineWidth: 0 })), 0o644);
}

function otherwise(path: string): OperatorError {
  return new OperatorError(
    "rotate.encryption",
    `${path} is encrypted by another passphrase or key than when this rotation began, so its new secrets cannot be read there`,
    "Put that file back as it was (git has it), and run the same again",
  );
}

/** @example ["tandem:agentSecrets", "broker"] */
function keyPath(project: string, key: string): string[] {
  const [first = "", ...below] = key.split(".");
  return [`${project}:${first}`, ...below];
}
