/** Fetches a machine's public host key and shows it as the machine's console does, for a person to compare. */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { promisify } from "node:util";

const deadlineMs = 15_000;

/** Type and key, or undefined when nobody answers with one; that it is the right machine's is for a person to say. */
export async function scanHostKey(host: string, port: number, signal: AbortSignal): Promise<string | undefined> {
  const args = ["-T", "5", "-t", "ed25519", "-p", String(port), "--", host];
  try {
    const { stdout } = await promisify(execFile)("ssh-keyscan", args, { signal, timeout: deadlineMs });
    const line = stdout.split("\n").find((text) => text !== "" && !text.startsWith("#"));
    return line?.split(" ").slice(1, 3).join(" ");
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}

/** As `ssh-keygen -lf` writes it. @example "SHA256:4c2KfY…" */
export function fingerprint(hostKey: string): string {
  const blob = Buffer.from(hostKey.split(" ")[1] ?? "", "base64");
  return `SHA256:${createHash("sha256").update(blob).digest("base64").replace(/=+$/, "")}`;
}
