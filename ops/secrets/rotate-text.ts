/** What `tandem secrets rotate` says before and after. */
import type { Outcome } from "./carry-out.ts";

import type { Rotation } from "./rotation.ts";
import { targets } from "./targets.ts";

export function planText(what: readonly string[], found: Rotation | undefined): string[] {
  const lines = what.map(
    (one) => `  ${one}: ${Object.entries(targets).find(([name]) => name === one)?.[1] ?? "the value of your file"}`,
  );
  if (found === undefined) return ["new secrets:", ...lines];
  const { since, deployed, phases } = found.state;
  return [`going on with the rotation of ${since}, ${deployed} of ${phases.length} deployments done:`, ...lines];
}

export function endText(
  { outcome, deployed, of, exchanged, found }: Outcome,
  what: readonly string[],
  file: string | undefined,
): string[] {
  const again = "the same command goes on, tandem secrets rotate --abandon takes it back";
  switch (outcome) {
    case "interrupted":
      return [`interrupted after ${deployed} of ${of} deployments; ${again}`];
    case "stopped":
      return [`stopped: ${deployed} of ${of} deployments are done and the next one was not; ${again}`];
    case "copies":
      return [
        "the machines have the new secrets, but of the old ones is left or not known:",
        ...found.findings.map(({ secret, place, where }) => `FOUND  ${secret}  in ${place} ${where}`),
        ...found.unsearched.map(({ place, message, next }) => `NOT SEARCHED  ${place}: ${message}\n  → ${next}`),
        "  → Remove them and run tandem secrets rotate again, or leave them, since they open nothing any more: --abandon",
      ];
    case "done":
      return [
        `exchanged: ${exchanged.join(", ") || "nothing that was encrypted"}; no old copy is left`,
        ...(what.includes("agent-keys")
          ? ["agents need their new seeds: agent-<machine>.seed in the kept folder"]
          : []),
        ...(file !== undefined
          ? [`from now on the stacks open by ${file}: PULUMI_CONFIG_PASSPHRASE_FILE=${file}`]
          : []),
        "commit the stacks' files; a rollback to a deployment from before would bring the old secrets back",
      ];
  }
}
