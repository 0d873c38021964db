/** A target with a defect that is known, by which the tests see that the fuzzing finds such. */
import type { Outcome, Target } from "../engine/target.ts";

/** Only whoever is led by the blocks comes from one letter to the next. */
function word(input: Buffer): Outcome {
  if (input[0] !== 0x6c) return "refused";
  if (input[1] !== 0x65) return "refused";
  if (input[2] !== 0x61) return "refused";
  if (input[3] !== 0x6b) return "refused";
  throw new Error(`the planted word came, in ${input.length} bytes`);
}

const planted = { form: "bytes", tokens: [], covers: /^test\/fuzz\/targets\/planted/ } as const;

export const targets: readonly Target[] = [
  {
    ...planted,
    name: "planted-word",
    about: "throws at a word",
    seeds: () => ["xxxx-yyyy"],
    stretchBytes: 0,
    open: () => ({ run: word }),
  },
];
