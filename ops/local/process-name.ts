/** Tells a process of a local pair by the file of its machine's folder that it was started with. */
import { join } from "node:path";
import type { FoundProcess } from "./processes.ts";

/** Names by the config file in the command line of each. */
const names: Record<string, string> = {
  "hub.json": "hub",
  "nats.conf": "nats",
  "router.json": "router",
  "supervisor.json": "supervisor",
  "pushgateway.db": "pushgateway",
};

/**
 * What merely reads or writes there, such as tail, tar or an editor, is none of the pair's: it names the file otherwise than its owner.
 *
 * @param folder absolute; it may hold spaces
 * @example "mainpc/hub"; undefined of a process that is none of the pair's
 */
export function processName(
  { command, args }: Pick<FoundProcess, "command" | "args">,
  folder: string,
  machines: readonly string[],
): string | undefined {
  // A shell's one word may be the whole command line of another process: words that are known apart are kept apart.
  const between = args === undefined ? " " : "\0";
  const line = args === undefined ? command : args.join(between);
  const ways: [start: string, whose: RegExp][] = [
    [`${between}--config${between}`, /./],
    [`${between}-c${between}`, /nats-server$/],
    [`${between}--persistence.file=`, /./],
  ];
  for (const machine of machines)
    for (const [way, whose] of ways) {
      const start = `${way}${join(folder, machine)}/`;
      const at = line.indexOf(start);
      if (at === -1 || !whose.test(line.slice(0, at))) continue;
      const file = line.slice(at + start.length).split(between, 1)[0] ?? "";
      if (file !== "" && !file.includes("/")) return `${machine}/${names[file] ?? file.replace(/\.\w+$/, "")}`;
    }
  return undefined;
}
