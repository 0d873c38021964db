/** What `tandem secrets rotate` says before and after. */
import type { Stack } from "../site/stacks.ts";
import type { Outcome } from "./carry-out.ts";
import { believeLinkCa } from "./clients-turn.ts";
import type { Rotation } from "./rotation.ts";
import { targets } from "./targets.ts";

/** @param stacks whose clients may lack the new CA */
export function planText(
  what: readonly string[],
  found: Pick<Rotation, "state"> | undefined,
  abandon: boolean,
  stacks: readonly Stack[],
): string[] {
  const lines = what.map((one) => `  ${one}: ${wordsOf(one)}`);
  if (what.includes("ca") && !abandon && believeLinkCa(stacks)) lines.push(...ofClients(found?.state.deployed ?? 0));
  if (found === undefined) return ["new secrets:", ...lines];
  const { since, deployed, phases } = found.state;
  const does = abandon ? "taking back" : "going on with";
  return [`${does} the rotation of ${since}, ${deployed} of ${phases.length} deployments done:`, ...lines];
}

const wordsOf = (target: string): string =>
  Object.entries(targets).find(([name]) => name === target)?.[1] ?? "the value in your file";

function ofClients(deployed: number): string[] {
  if (deployed === 0)
    return [
      "  after the first deployment it stops, until clients of the hubs are given the new CA; --clients-have-ca leaves that out",
    ];
  if (deployed > 1) return [];
  return ["  the next deployment shows certificates of the new CA: clients that do not believe it yet are cut off"];
}

/** @param tellsWitness whether it was given a command for the witness, which whatever goes on with it, or takes it back, wants as well */
export function endText({ outcome, deployed, of, exchanged, found }: Outcome, tellsWitness: boolean): string[] {
  const command = `tandem secrets rotate${tellsWitness ? " with the same --witness-command" : ""}`;
  const again = `${command} goes on, with --abandon it takes all of it back`;
  switch (outcome) {
    case "interrupted":
      return [`interrupted after ${deployed} of ${of} deployments; ${again}`];
    case "stopped":
      return [`stopped: ${deployed} of ${of} deployments are done and the next one was not; ${again}`];
    case "clients":
      return [
        `deployment ${deployed} of ${of} is done: the machines trust both CAs, and the hubs still show certificates of the old one`,
        "  → Give clients of the hubs both: security.ca in the stacks' files, ca.pem in /etc/tandem/tls of the machines; restart those that",
        "    read it at their start alone. In the stacks of satellites set hubs[0].hubCa and hubs[1].hubCa to it, and run their up",
        `  → Then run ${command} again: it goes on, and with --abandon it takes all of it back`,
      ];
    case "taken back":
      return ["the stacks' files and the machines have the old secrets again"];
    case "copies":
      return [
        "the machines have the new secrets, but of the old ones is left or not known:",
        ...copiesOf(found),
        `  → Remove them and run ${command} again, or leave them, since they open nothing any more: --leave-copies`,
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
