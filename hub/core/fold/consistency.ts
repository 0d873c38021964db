/** Whether a push fits what is stored: the same answers as a Pushgateway's check, at a cost that grows with the push alone. */
import { isDistribution, type MetricType, suffixedNames, unsuffixed } from "../exposition/family.ts";
import type { Push } from "../record.ts";
import type { FamilyIndex } from "./family-index.ts";
import { gatewayFamilies } from "./gateway-families.ts";
import { isNewer } from "./group-state.ts";
import type { PreparedFamily } from "./prepare.ts";

export interface PreparedPush {
  op: Push["op"];
  key: string;
  shape: string;
  families: readonly PreparedFamily[];
}

/** The reason why the push is refused; undefined when it fits. */
export function inconsistency(index: FamilyIndex, push: PreparedPush): string | undefined {
  for (const { reason } of misfits(index, push)) return reason;
  return undefined;
}

/** Each family that keeps the push from fitting, and why. */
export function* misfits(index: FamilyIndex, push: PreparedPush): Iterable<{ name: string; reason: string }> {
  const types = new Map(push.families.map(({ name, type }) => [name, type]));
  for (const family of push.families) {
    const reason =
      otherType(index, push, family) ?? takenName(index, push, family, types) ?? heldSeries(index, push, family);
    if (reason !== undefined) yield { name: family.name, reason };
  }
}

function otherType(index: FamilyIndex, push: PreparedPush, { name, type }: PreparedFamily): string | undefined {
  const gatewayType = gatewayFamilies.get(name);
  if (gatewayType !== undefined && gatewayType !== type) {
    return `${name} is a ${type} in this push, but the Pushgateway has a ${gatewayType} of that name itself`;
  }
  const other = index.groupOfOtherType(name, type, push.key);
  if (other === undefined) return undefined;
  return `${name} is of type ${type} in this push, but of type ${other.type} in the group ${other.key}`;
}

/** A histogram or summary takes the names of its sum, count and buckets, so no other family may have them. */
function takenName(
  index: FamilyIndex,
  push: PreparedPush,
  { name, type }: PreparedFamily,
  types: ReadonlyMap<string, MetricType>,
): string | undefined {
  const typeOf = (other: string) =>
    types.get(other) ?? gatewayFamilies.get(other) ?? index.typeElsewhere(other, push.key, push.op === "post");
  const split = unsuffixed(name);
  const above = split === undefined ? undefined : typeOf(split.base);
  if (split !== undefined && above !== undefined && suffixedNames(split.base, above).includes(name)) {
    return `${name} is a part of the ${above} ${split.base}, so no metric of its own can have this name`;
  }
  if (!isDistribution(type)) return undefined;
  const taken = suffixedNames(name, type).find((suffixed) => typeOf(suffixed) !== undefined);
  return taken === undefined ? undefined : `the ${type} ${name} needs the name ${taken}, which another metric has`;
}

function heldSeries(index: FamilyIndex, push: PreparedPush, family: PreparedFamily): string | undefined {
  const entry = index.entry(family.name);
  if (entry === undefined) return undefined;
  const own = entry.byGroup.get(push.key);
  const twin = index.twins.find(entry, family, push.key, push.shape).find(({ labelText, other }) => {
    // Where machines that were apart both accepted a series, the group that shows it may go on pushing it.
    const shownHere = own !== undefined && isNewer(own.stamp, other.stamp) && index.twins.holds(own, labelText);
    return !shownHere;
  });
  return twin && `${family.name}{${twin.labelText}} is already held by the group ${twin.other.key}`;
}
