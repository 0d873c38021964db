/** What availability is promised of the pair and of each routed service, by the hub's configuration. */
import { z } from "zod";

/** Share of good probes that is promised; at 1 there would be no budget to reckon with. */
const Target = z.number().min(0.5).max(0.99999);
/** Days for which counts are kept bound it. */
const WindowDays = z.number().int().min(1).max(90);

export const ObjectivesConfig = z.strictObject({
  /** @default 0.999 */
  target: Target.default(0.999),
  /** Days over which the budget is reckoned, today among them. */
  windowDays: WindowDays.default(30),
  /** What differs for a service, by its name. */
  services: z
    .record(
      z.string(),
      z.strictObject({
        target: Target.optional(),
        windowDays: WindowDays.optional(),
        /** Asked for by HTTP at its route. @default what the agent is asked for its health by */
        path: z.string().startsWith("/").optional(),
      }),
    )
    .default({}),
});
export type ObjectivesConfig = z.infer<typeof ObjectivesConfig>;

export interface Objective {
  /** `pair`, or a service's name. */
  name: string;
  target: number;
  windowDays: number;
}

export const pairName = "pair";

/** The pair's first, then the services' in the order of the configuration; one that is named like the pair has none. */
export function objectivesOf(
  config: ObjectivesConfig,
  services: readonly { name: string; route?: number | undefined }[],
): Objective[] {
  const { target, windowDays } = config;
  const routed = services.filter(({ name, route }) => route !== undefined && name !== pairName);
  return [
    { name: pairName, target, windowDays },
    ...routed.map(({ name }) => {
      const own = config.services[name];
      return { name, target: own?.target ?? target, windowDays: own?.windowDays ?? windowDays };
    }),
  ];
}
