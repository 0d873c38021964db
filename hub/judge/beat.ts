/** What a judge says of its hub twenty times a second, short enough for one datagram. */
import { z } from "zod";

/** The newest beat of the peer that the sender has heard. */
const Ack = z.strictObject({ incarnation: z.string(), counter: z.number().int().positive(), digest: z.string() });
export type Ack = z.infer<typeof Ack>;

/** What a listener learns of a beat. */
export interface HeardBeat {
  incarnation: string;
  counter: number;
  digest: string;
  ack?: Ack;
}
