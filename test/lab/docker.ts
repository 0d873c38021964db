/** The Docker engine of this computer, as the lab uses it. */
import { networkInterfaces } from "node:os";
import { OperatorError } from "../../ops/error.ts";
import { type ExecuteOptions, execute, output } from "./execute.ts";

/** @throws OperatorError `lab.no-engine` */
export async function requireEngine(): Promise<void> {
  const asked = await execute("docker", ["version", "--format", "{{.Server.Version}}"]).catch((error: Error) => ({
    code: null,
    stderr: error.message,
  }));
  if (asked.code === 0) return;
  throw new OperatorError(
    "lab.no-engine",
    `No Docker engine answers: ${asked.stderr.trim().split("\n").at(-1)}`,
    "Install and start Docker, and see that `docker version` prints a server for this user",
  );
}

/** Runs `docker` with these arguments and gives its output. */
export function docker(args: readonly string[], options?: ExecuteOptions): Promise<string> {
  return output("docker", args, options);
}

/** One field of something that may not be there; undefined then. */
export async function inspect(
  kind: "container" | "image" | "network",
  name: string,
  format: string,
): Promise<string | undefined> {
  const { code, stdout } = await execute("docker", [kind, "inspect", "--format", format, name]);
  return code === 0 ? stdout.trimEnd() : undefined;
}

/** Names of what carries the label. */
export async function labelled(kind: "container" | "network" | "volume", label: string): Promise<string[]> {
  const format = kind === "container" ? "{{.Names}}" : "{{.Name}}";
  const all = kind === "container" ? ["--all"] : [];
  const names = await docker([kind, "ls", ...all, "--filter", `label=${label}`, "--format", format]);
  return names.split("\n").filter((name) => name !== "");
}

/** IPv4 networks of the engine and of this computer's interfaces, in CIDR. */
export async function takenNetworks(): Promise<string[]> {
  const ids = (await docker(["network", "ls", "--quiet"])).split("\n").filter((id) => id !== "");
  const format = "{{range .IPAM.Config}}{{.Subnet}} {{end}}";
  const own = await docker(["network", "inspect", "--format", format, ...ids]);
  const interfaces = Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({ cidr }) => cidr ?? ""));
  return [...own.split(/\s+/), ...interfaces].filter((cidr) => cidr !== "");
}
