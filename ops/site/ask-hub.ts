/** Asks a hub one of its JSON endpoints, within a deadline. */
const askDeadlineMs = 5_000;

/** Undefined when the hub does not answer, or answers something else. */
export async function askHub<T>(
  url: string,
  schema: { parse(value: unknown): T },
  deadlineMs = askDeadlineMs,
): Promise<T | undefined> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(deadlineMs) });
    return schema.parse(await answer.json());
  } catch {
    return undefined;
  }
}
