/** Log lines as JSON on standard error, one event each, with the table's nouns as keys. */

type Level = "info" | "warn" | "error";

export interface Log {
  info(event: string, fields?: Record<string, unknown>): void;
  warn(event: string, fields?: Record<string, unknown>): void;
  error(event: string, fields?: Record<string, unknown>): void;
}

/** @param write takes a finished line; standard error by default */
export function createLog(
  machine: string,
  write: (line: string) => void = (line) => void process.stderr.write(line),
): Log {
  const put =
    (level: Level) =>
    (event: string, fields: Record<string, unknown> = {}) =>
      write(`${JSON.stringify({ at: new Date().toISOString(), level, machine, event, ...fields })}\n`);
  return { info: put("info"), warn: put("warn"), error: put("error") };
}

/** An error's message for a log field, whatever was thrown. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
