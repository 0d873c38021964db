/** Finds out which hubs the ledger is asked of: those named, a site's, or a local run's. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { z } from "zod";
import { hostPort, hubUrlOf } from "../../components/address.ts";
import { MachineConfig } from "../../hub/config.ts";
import { OperatorError } from "../error.ts";
import { runOf } from "../local/data-folder.ts";
import { filesOf, machineNames } from "../local/site.ts";
import { readPairStacks, siteDir } from "../site/stacks.ts";

export interface HubsAsked {
  /** URLs of hubs, as the operator named them. */
  hub?: string[];
  /** Data folder of a local run. */
  data?: string;
  /** Stacks of a site, with files in `dir`. */
  stack: string[];
  dir: string;
  /** Whether the stacks or their folder were named, and no local run is meant. @default false */
  stacksOnly?: boolean;
}

/** Where a local run keeps its data when nothing else is said. */
export const localData = ".tandem";

const LocalHub = z.object({ machine: MachineConfig });

/** Gives a command the options by which `hubUrls` finds the hubs. */
export function askingHubs(command: Command): Command {
  return mindingNames(command)
    .option("--hub <url...>", "hubs to ask, instead of those of a local run or a site")
    .option("--data <dir>", "ask the hubs of the local run that keeps its data there (default: .tandem while one runs)")
    .option("--stack <name...>", "else those of these stacks", ["mainpc", "pc2"])
    .option("--dir <folder>", "folder with Pulumi.yaml and the stacks' files", siteDir);
}

/**
 * Has a command with `--data`, and `--dir` or `--stack`, find out before it acts which of them were given by hand: orders must not go to
 * a local run that happens to stand here when a site was named. Sets `stacksOnly` of its options.
 * @throws OperatorError, by the command, when both a local run and a site were named
 */
export function mindingNames(command: Command): Command {
  return command.hook("preAction", (_, acting) => {
    const given = acting.options.filter((option) => acting.getOptionValueSource(option.attributeName()) === "cli");
    const names = given.flatMap(({ long }) => long ?? []);
    const site = names.filter((name) => name === "--stack" || name === "--dir");
    if (site.length > 0 && names.includes("--data")) {
      const what = `--data names a local run, and ${site.join(" and ")} a site`;
      throw new OperatorError("hubs.both", what, `Leave out --data, or ${site.join(" and ")}`);
    }
    if (site.length > 0) acting.setOptionValueWithSource("stacksOnly", true, "implied");
  });
}

/**
 * Base URLs, without a slash at the end. A hub that is named beats a folder, and a local run beats the site, but for one that was
 * named.
 */
export function hubUrls({ hub, data, stack, dir, stacksOnly }: HubsAsked): string[] {
  if (hub !== undefined) return hub.map(baseUrl);
  const folder = localRun({ data, stacksOnly });
  if (folder !== undefined) return localHubs(folder);
  return readPairStacks(stack, dir).map(({ machine }) => hubUrlOf(machine));
}

/** Data folder of the local run whose hubs are meant; undefined when others are. One that was killed leaves its lock, and is none. */
export function localRun({
  hub,
  data,
  stacksOnly = false,
}: Pick<HubsAsked, "hub" | "data" | "stacksOnly">): string | undefined {
  if (hub !== undefined || stacksOnly) return undefined;
  return data ?? (runOf(localData) === undefined ? undefined : localData);
}

function localHubs(data: string): string[] {
  return machineNames.map((machine) => {
    const path = filesOf(join(data, machine)).hubConfig;
    if (!existsSync(path)) {
      const next = "Name the folder that `tandem local` was started with, or the hubs themselves with --hub";
      throw new OperatorError("ledger.no-run", `${path} does not exist, so ${data} is no local run's data`, next);
    }
    const { hub } = LocalHub.parse(JSON.parse(readFileSync(path, "utf8"))).machine;
    return `http://${hostPort(hub.host, hub.port)}`;
  });
}

function baseUrl(text: string): string {
  const url = URL.parse(text);
  if (url === null || !url.protocol.startsWith("http")) {
    throw new OperatorError("ledger.hub", `${text} is no hub's URL`, "Name it as http://192.0.2.10:9000");
  }
  return url.href.replace(/\/+$/, "");
}
