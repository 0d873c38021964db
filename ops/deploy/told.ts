/** Tells the timeline of a deployment's begin and of how it ended. */
import type { CommandTold } from "../site/tell-timeline.ts";
import { tellTimeline } from "../site/tell-timeline.ts";
import type { Played } from "./carry-out.ts";
import { giveOrders } from "./orders.ts";
import type { Place } from "./place.ts";

/** Never rejects. */
export type TellDeployment = (places: readonly Place[], told: CommandTold) => Promise<unknown>;

/** The first hub of these machines that takes it. */
export const tellHubs: TellDeployment = (places, told) => {
  const pair = places.filter((place) => place.pair !== undefined);
  return tellTimeline(
    pair.map((place) => (orders, signal) => giveOrders(place, orders, signal)),
    told,
  );
};

export interface DeploymentTold {
  /** @example "rollback" */
  what: string;
  number: number;
  /** @example "kim@desk" */
  by: string;
  /** Those that are changed. */
  machines: readonly string[];
}

/** @param play carries it out */
export async function told(
  tell: TellDeployment | undefined,
  places: readonly Place[],
  { what, number, by, machines }: DeploymentTold,
  play: () => Promise<Played>,
): Promise<Played> {
  const say = (phase: CommandTold["phase"], how: string) =>
    tell?.(places, {
      kind: "deploy",
      phase,
      subject: machines.join(" and "),
      text: `${what}, deployment ${number}: ${how}`,
      by,
    });
  await say("begun", `changes ${machines.join(" and ")}`);
  try {
    const played = await play();
    await say("ended", played.end.outcome);
    return played;
  } catch (error) {
    await say("ended", "broke off");
    throw error;
  }
}
