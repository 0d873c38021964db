/** Asks a hub one of its JSON endpoints, within a deadline. */
import type { z } from "zod";
import { parseAnswer } from "../client/answer.ts";

const askDeadlineMs = 5_000;

/** Undefined when the hub does not answer, or answers something else. */
export async function askHub<T>(url: string, schema: z.ZodType<T>, deadlineMs = askDeadlineMs): Promise<T | undefined> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(deadlineMs) });
    return parseAnswer(schema, await answer.json());
  } catch {
    return undefined;
  }
}
