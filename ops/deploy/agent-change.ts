/**
 * Tells what bringing back one agent changes on a machine where only its container's part of the inventory differs: nobody but the agent's
 * own component reads that part, so no preview need be waited for. Pure.
 */
import { isDeepStrictEqual } from "node:util";
import { types } from "../../components/policy/declared.ts";
import type { PlacedAgent } from "../../fleet/model.ts";
import type { EngineStep } from "./changes.ts";

export interface KnownChange {
  /** What a preview would show of containers. */
  steps: EngineStep[];
  /** The component and all that it has made; an `up` changes nothing else. */
  targets: string[];
}

/** @returns undefined when hubs, routers or others read what has changed, so that an engine has to say */
export function containerChangeOf(
  now: PlacedAgent,
  then: PlacedAgent | undefined,
  machine: string,
): KnownChange | undefined {
  if (now.container === undefined || then?.container === undefined) return undefined;
  const { container: newer, ...known } = now;
  const { container: older, ...before } = then;
  if (!isDeepStrictEqual(known, before)) return undefined;
  const role = now.machine === machine ? "home" : "standby";
  const resource = `${machine}-agent-${now.name}${role === "standby" ? "-standby" : ""}`;
  const targets = [`**::${resource}`, `**::${resource}-*`];
  const keys = new Set([...Object.keys(newer), ...Object.keys(older)]);
  const parts: { newer: Record<string, unknown>; older: Record<string, unknown> } = { newer, older };
  const diffs = [...keys].filter((key) => !isDeepStrictEqual(parts.newer[key], parts.older[key]));
  if (diffs.length === 0) return { steps: [], targets };
  const labels = [
    { label: "tandem.service", value: now.name },
    { label: "tandem.role", value: role },
  ];
  const urn = `urn:pulumi:${machine}::tandem::${types.container}::${resource}-container`;
  const step = { op: "replace", urn, type: types.container, diffs, oldInputs: { labels }, newInputs: { labels } };
  return { steps: [step], targets };
}
