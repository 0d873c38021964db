/** Which pair is meant: decided once, and kept with the run, so that a later start meets the same pair wherever it is started from. */
import { resolve } from "node:path";
import { z } from "zod";
import { hubUrlOf } from "../../components/address.ts";
import { OperatorError } from "../error.ts";
import { type HubsAsked, hubUrls, localRun } from "../ledger/hubs.ts";
import { readPairStacks } from "../site/stacks.ts";

/** Stacks of a pair, and the folder of their files. */
const Stacks = z.strictObject({ names: z.array(z.string()), dir: z.string() });
const HubUrls = z.array(z.string());

export const Target = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("own-pair"),
    agents: z.enum(["pilots", "all", "none"]),
    portOffset: z.number().nullable(),
  }),
  /** A local run, by its data. */
  z.strictObject({ kind: z.literal("local"), folder: z.string(), hubUrls: HubUrls }),
  /** A deployed pair, by its stacks. */
  z.strictObject({ kind: z.literal("site"), stacks: Stacks, hubUrls: HubUrls }),
  /** Hubs that were named, with the stacks that describe them; null where none do. */
  z.strictObject({ kind: z.literal("hubs"), stacks: Stacks.nullable(), hubUrls: HubUrls }),
]);
export type Target = z.infer<typeof Target>;
export type OwnPair = Extract<Target, { kind: "own-pair" }>;
export type RunningTarget = Exclude<Target, OwnPair>;

/**
 * A hub that is named beats a folder, and a local run beats the site.
 *
 * @param stacksOnly whether the stacks were named, and no local run is meant
 */
export function findTarget({ hub, data, stack, dir, stacksOnly }: HubsAsked & { stacksOnly: boolean }): RunningTarget {
  const stacks = { names: stack, dir: resolve(dir) };
  if (hub !== undefined) {
    const urls = hubUrls({ hub, stack, dir });
    return { kind: "hubs", stacks: describe(urls, stacks) ? stacks : null, hubUrls: urls };
  }
  const folder = stacksOnly ? undefined : localRun(data === undefined ? {} : { data });
  return folder === undefined ? siteTarget(stacks) : localTarget(resolve(folder));
}

/** @throws OperatorError when the pair has moved since: figures of two pairs say nothing of either */
export function requireStill(target: RunningTarget): void {
  if (target.kind === "hubs") return;
  const now = target.kind === "local" ? localTarget(target.folder) : siteTarget(target.stacks);
  if (String(now.hubUrls) === String(target.hubUrls)) return;
  const where = target.kind === "local" ? target.folder : target.stacks.dir;
  throw new OperatorError(
    "soak.moved",
    `the hubs of ${where} were at ${target.hubUrls.join(" and ")} when this soak began, and are at ${now.hubUrls.join(" and ")} now`,
    "Start the pair where it was, or begin another soak with --out",
  );
}

/**
 * Has its hubs believed whose CA its stacks name, as a start that named the stacks had. Without stacks that can be read here, such as on another
 * computer, that of TANDEM_CA_FILE is left.
 */
export function trustHubsOf(target: Target): void {
  const stacks = target.kind === "site" || target.kind === "hubs" ? target.stacks : null;
  if (stacks === null) return;
  try {
    readPairStacks(stacks.names, stacks.dir);
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
  }
}

/** Whether its hubs take documents from here: those of a local run do at their ports on loopback, and deployed ones by SSH. */
export function takesOrders(target: Target): boolean {
  return target.kind !== "hubs" || target.stacks !== null || target.hubUrls.every(isOnLoopback);
}

const localTarget = (folder: string): RunningTarget => ({
  kind: "local",
  folder,
  hubUrls: hubUrls({ data: folder, stack: [], dir: "" }),
});

const siteTarget = (stacks: z.infer<typeof Stacks>): RunningTarget => ({
  kind: "site",
  stacks,
  hubUrls: urlsOfStacks(stacks),
});

const urlsOfStacks = ({ names, dir }: z.infer<typeof Stacks>) =>
  readPairStacks(names, dir).map(({ machine }) => hubUrlOf(machine));

/** Stacks that cannot be read describe nothing. */
function describe(urls: readonly string[], stacks: z.infer<typeof Stacks>): boolean {
  try {
    const known = urlsOfStacks(stacks);
    return urls.every((url) => known.includes(url));
  } catch {
    return false;
  }
}

function isOnLoopback(hubUrl: string): boolean {
  const host = new URL(hubUrl).hostname.replace(/^\[|\]$/g, "");
  return host === "localhost" || host === "::1" || /^127\./.test(host);
}
