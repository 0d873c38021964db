/** Where a rotation of the CA waits for clients of hubs that speak TLS: who believes the old one alone would be cut off by its next deployment. */
import { hubCaOf } from "../../components/tls-conf.ts";
import type { Stack } from "../site/stacks.ts";
import type { Rotation } from "./rotation.ts";

/** Whether clients know the hubs by the CA of the link, and not by one of the site's own. */
export const believeLinkCa = (stacks: readonly Stack[]): boolean =>
  stacks.some(({ site }) => site.role === "pair" && hubCaOf(site) !== "" && site.hub.tls.ca === "");

/** @returns the deployment after which it stops; undefined where nobody is cut off, or it stopped there before */
export function clientsTurn(
  { phases, deployed }: Pick<Rotation["state"], "phases" | "deployed">,
  stacks: readonly Stack[],
): number | undefined {
  // By the first of several both CAs are believed, and the next one shows certificates of the new one.
  return phases.length > 1 && deployed < 1 && believeLinkCa(stacks) ? 1 : undefined;
}
