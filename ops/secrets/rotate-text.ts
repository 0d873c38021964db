/** What `tandem secrets rotate` says before and after. */
import type { Outcome } from "./carry-out.ts";
import type { Rotation } from "./rotation.ts";
import { targets } from "./targets.ts";

export function planText(what: readonly string[], found: Rotation | undefined, abandon: boolean): string[] {
  const lines = what.map((one) => `  ${one}: ${wordsOf(one)}`);
  if (found === undefined) return ["new secrets:", ...lines];
  const { since, deployed, phases } = found.state;
  const does = abandon ? "taking back" : "going on with";
  return [`${does} the rotation of ${since}, ${deployed} of ${phases.length} deployments done:`, ...lines];
}

const wordsOf = (target: string): string =>
  Object.entries(targets).find(([name]) => name === target)?.[1] ?? "the value in your file";

export function endText({ outcome, deployed, of, exchanged, found }: Outcome): string[] {
  const again = "tandem secrets rotate goes on, with --abandon it takes all of it back";
  switch (outcome) {
    case "interrupted":
      return [`interrupted after ${deployed} of ${of} deployments; ${again}`];
    case "stopped":
      return [`stopped: ${deployed} of ${of} deployments are done and the next one was not; ${again}`];
    case "taken back":
      return ["the stacks' files and the machines have the old secrets again"];
    case "copies":
      return [
        "the machines have the new secrets, but of the old ones is left or not known:",
        ...copiesOf(found),
        "  → Remove them and run tandem secrets rotate again, or leave them, since they open nothing any more: --leave-copies",
      ];
    case "done":
      return [
        ...copiesOf(found),
        `exchanged: ${exchanged.join(", ")}; ${copiesOf(found).length === 0 ? "no old copy is left" : "old copies are left"}`,
        ...(exchanged.some((name) => name.startsWith("agent-"))
          ? ["agents need their new seeds from the kept folder"]
          : []),
        "commit the stacks' files; a rollback to a deployment from before would bring the old secrets back",
      ];
  }
}

const copiesOf = ({ findings, unsearched }: Outcome["found"]): string[] => [
  ...findings.map(({ secret, place, where }) => `FOUND  ${secret}  in ${place} ${where}`),
  ...unsearched.map(({ place, message, next }) => `NOT SEARCHED  ${place}: ${message}\n  → ${next}`),
];
