/** Who needs whom, as `GET /api/v1/graph` tells it: one schema is check, type and document. */
import { z } from "zod";

export const graphPath = "/api/v1/graph";

export const GraphView = z.strictObject({
  machine: z.string(),
  /** In the order of the fleet. */
  agents: z.array(
    z.strictObject({
      /** `machine/name` */
      id: z.string(),
      /** What it cannot work without, `machine/name`. */
      needs: z.array(z.string()),
    }),
  ),
});
export type GraphView = z.infer<typeof GraphView>;
