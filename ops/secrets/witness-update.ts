/** Tells the witness of new hub keys; of both while they change, so that it is never without a hub that it knows. */
import { spawn } from "node:child_process";
import { renderWitnessConf } from "../../components/witness-conf.ts";
import { collected } from "../collected.ts";
import { OperatorError } from "../error.ts";
import type { Stack } from "../site/stacks.ts";

const deadlineMs = 60_000;

export interface WitnessOrder {
  /** Run by sh with the witness's configuration as its input. */
  command: string;
  host: string;
  port: number;
  storeDir: string;
}

/** Undefined where there is no witness. @throws OperatorError where there is one and no command was given */
export function witnessOrder(
  stacks: readonly Stack[],
  command: string | undefined,
  storeDir: string,
): WitnessOrder | undefined {
  const { site } = stacks.find((stack) => stack.site.role === "pair") ?? {};
  if (site?.role !== "pair" || site.witness.host === "") return undefined;
  const { host, port } = site.witness;
  if (command !== undefined) return { command, host, port, storeDir };
  throw new OperatorError(
    "rotate.witness",
    `the witness on ${host} knows the hubs by their keys, and has to be told of new ones`,
    `Say how: --witness-command "ssh ${host} 'cat > /etc/nats-server.conf && systemctl reload nats-server'"`,
  );
}

export async function tellWitness(order: WitnessOrder, hubKeys: readonly string[]): Promise<void> {
  const { command, ...of } = order;
  const child = spawn("sh", ["-c", command], { stdio: ["pipe", "pipe", "pipe"], timeout: deadlineMs });
  const output = collected(child);
  // A command that reads nothing says why by its exit code.
  child.stdin.on("error", () => {}).end(renderWitnessConf({ ...of, hubKeys }));
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  if (code === 0) return;
  const why = output.stderr.trim().split("\n").at(-1) ?? "";
  throw new OperatorError(
    "rotate.witness",
    `the command for the witness ended with ${code ?? `${deadlineMs / 1_000} s gone`}: ${why}`,
    "Mend it, and run the same again",
  );
}
