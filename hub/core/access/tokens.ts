/** Who holds a token, and what it lets its holder do: write groups of some jobs and machines, or give orders. Pure. */
import { z } from "zod";
import type { Group } from "../group-path.ts";

/** Of the text of a token, hex: the file lets nobody in who reads it. */
const Sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** A job, or the beginning of one and a star. @example "tutor-*" */
const JobPattern = z.string().min(1).max(200);

export const PushToken = z.strictObject({
  /** Who holds it, for logs. @example "pc2/TutorAgent" */
  name: z.string().min(1).max(200),
  sha256: Sha256,
  /** Jobs whose groups it writes. */
  jobs: z.array(JobPattern).min(1).max(100),
  /** What a label `machine` of a group may say. @default anything */
  machines: z.array(z.string().min(1)).max(100).optional(),
});
export type PushToken = z.infer<typeof PushToken>;

export const OperatorToken = z.strictObject({
  /** Who holds it: orders are given in this name. @example "ann" */
  name: z.string().min(1).max(100),
  sha256: Sha256,
});
export type OperatorToken = z.infer<typeof OperatorToken>;

const fileOf = <Token extends z.ZodType<{ name: string; sha256: string }>>(token: Token) =>
  z.strictObject({
    v: z.literal(1),
    tokens: z
      .array(token)
      .max(2_000)
      .superRefine((tokens, { addIssue }) => {
        const why = sharedBy(tokens.map(({ name, sha256 }) => [name, sha256]));
        if (why !== undefined) addIssue(`${why}, which tells of neither who it is`);
      }),
  });
export const PushTokens = fileOf(PushToken);
export const OperatorTokens = fileOf(OperatorToken);

/** @param held names with what each holds @returns which two names hold the same, without repeating it; undefined when none do */
export function sharedBy(held: readonly (readonly [name: string, value: string])[]): string | undefined {
  const holders = new Map<string, string>();
  for (const [name, value] of held) {
    const holder = holders.get(value);
    if (holder !== undefined) return `${holder} and ${name} have one and the same token`;
    holders.set(value, name);
  }
  return undefined;
}

/** @returns why the holder may not write the group; undefined when it may */
export function whyNotWrite({ name, jobs, machines }: PushToken, group: Group): string | undefined {
  const [, job = ""] = group.find(([label]) => label === "job") ?? [];
  if (!jobs.some((pattern) => isOf(pattern, job))) return `the token of ${name} writes no group of job ${job}`;
  const [, machine] = group.find(([label]) => label === "machine") ?? [];
  if (machine === undefined || machines === undefined || machines.includes(machine)) return undefined;
  return `the token of ${name} writes no group of machine ${machine}`;
}

const isOf = (pattern: string, job: string): boolean =>
  pattern.endsWith("*") ? job.startsWith(pattern.slice(0, -1)) : job === pattern;
