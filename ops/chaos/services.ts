/** What a hub says of the services that move: `GET /api/v1/services`, read leniently, since hubs without failover have none. */
import { z } from "zod";

const Route = z.union([z.number(), z.object({ port: z.number() }).transform(({ port }) => port)]);
const Service = z.object({
  name: z.string(),
  home: z.string(),
  standby: z.string(),
  owner: z.string(),
  epoch: z.number(),
  state: z.string(),
  acts: z.boolean(),
  mode: z.string(),
  singleWriter: z.boolean(),
  /** Port of the router on the machine that answers. */
  route: Route.nullish(),
});
export type Service = z.infer<typeof Service>;

const Answer = z.union([
  z.array(Service),
  z.object({ services: z.array(Service) }).transform(({ services }) => services),
]);
const askDeadlineMs = 1_000;

/** Undefined while the hub does not answer, or does not know the endpoint. */
export async function askServices(hubUrl: string): Promise<Service[] | undefined> {
  try {
    const answer = await fetch(`${hubUrl}/api/v1/services`, { signal: AbortSignal.timeout(askDeadlineMs) });
    return answer.ok ? Answer.parse(await answer.json()) : undefined;
  } catch {
    return undefined;
  }
}
