/** Who may push to the hub of a machine and give it orders over the network, as its stack says it; the tokens stand in `accessTokens`. */
import { z } from "zod";

const tokenSecret = z
  .string("a name in accessTokens, like tutor")
  .regex(/^[A-Za-z0-9_-]{1,60}$/, "a name in accessTokens, like tutor")
  .meta({ example: "tutor" });

const Pusher = z.strictObject({
  /** For the hub's words. */
  name: z.string("whose token it is, like pc2/TutorAgent").min(1).max(200).meta({ example: "pc2/TutorAgent" }),
  tokenSecret,
  /** Jobs whose groups it writes; `tutor-*` for all that begin so. */
  jobs: z.array(z.string().min(1).max(200), "a list of jobs").min(1).max(100),
  /** What a label `machine` of its groups may say; anything without them. */
  machines: z.array(z.string().min(1)).max(100).optional(),
});

const Operator = z.strictObject({
  /** In whose name orders are given. */
  name: z.string("whose token it is, like ann").min(1).max(100).meta({ example: "ann" }),
  tokenSecret,
});

export const accessGroup = {
  access: z
    .strictObject({
      /** With any of them a push needs a token. */
      push: z.array(Pusher).max(2_000).default([]),
      operators: z.array(Operator).max(200).default([]),
    })
    .prefault({}),
};
