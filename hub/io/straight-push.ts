/** Takes a group that was pushed straight to the Pushgateway as if it had been pushed to the hub. */
import { renderHeader } from "../core/exposition/render.ts";
import type { Candidate, Fold } from "../core/fold/fold.ts";
import { prepareBody, storedBounds } from "../core/fold/prepare.ts";
import type { FullSighting } from "../core/gateway-groups.ts";
import type { GroupBounds } from "../core/gateway-splitter.ts";
import type { PushLimits } from "../core/push-limits.ts";
import type { AppendOutcome } from "./journal.ts";

export type Adoption =
  /** It holds what the fold says, whoever pushed it. */
  | { kind: "equal" }
  /** `equal`: nobody has pushed the group anew meanwhile, so that the Pushgateway need not be fed what it holds. */
  | { kind: "adopted"; equal: boolean }
  /** The hub would not have taken it either. */
  | { kind: "refused"; reason: string }
  /** The store does not take it now. */
  | { kind: "waits"; reason: string };

export interface StraightPushOptions {
  fold: Fold;
  append(push: Candidate): Promise<AppendOutcome>;
  maxBodyBytes: number;
  /** How long groups live that nobody pushes again, ms. @default for ever */
  groupExpiryMs?: number;
  /** Whether a push needs a token, which a Pushgateway asks nobody for. @default false */
  needsToken?: boolean;
}

/** Room for what pushes within these limits make of a group: JSON escapes more than text does, and most series have a few labels. */
export function straightBounds({ textCharactersPerPush, seriesPerPush }: PushLimits): GroupBounds {
  return { bytes: 4 * textCharactersPerPush, pairs: 25 * seriesPerPush, metricPairs: 2 * seriesPerPush };
}

export async function adopt({ key, group, body }: FullSighting, options: StraightPushOptions): Promise<Adoption> {
  const { fold, append, maxBodyBytes, groupExpiryMs } = options;
  if (isShown(fold, key, group, body)) return { kind: "equal" };
  if (options.needsToken) return { kind: "refused", reason: "a push needs a token, which the hub alone asks for" };
  if (Buffer.byteLength(body) > maxBodyBytes) {
    return { kind: "refused", reason: `it is larger than ${maxBodyBytes} bytes as text` };
  }
  const expires = groupExpiryMs && { expiresAfterMs: groupExpiryMs };
  const push: Candidate = { kind: "push", op: "put", group, body, ...expires };
  const checked = fold.check(push);
  if (!checked.ok) return { kind: "refused", reason: checked.reason };
  const outcome = await append(push);
  if ("reason" in outcome) return { kind: "waits", reason: outcome.reason };
  return { kind: "adopted", equal: isShown(fold, key, group, body) };
}

/** Whether both say the same, in whatever order; HELP texts are not compared, since each group's may differ. */
function isShown(fold: Fold, key: string, group: Candidate["group"], body: string): boolean {
  const shown = fold.groupText(key);
  if (shown === undefined) return false;
  // One that holds more is another, however much more it holds; the Pushgateway adds two times of its own.
  const seriesPerPush = (fold.group(key)?.series ?? 0) + 2;
  const prepared = prepareBody(group, body, { ...storedBounds, seriesPerPush, commentsPerPush: 2 * seriesPerPush });
  if (!prepared.ok) return false;
  const text = prepared.families.map(({ name, type, text }) => renderHeader(name, type, undefined) + text).join("");
  return linesOf(shown) === linesOf(text);
}

const linesOf = (text: string) =>
  text
    .split("\n")
    .filter((line) => !line.startsWith("# HELP "))
    .sort()
    .join("\n");
