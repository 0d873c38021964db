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

/** A log whose lines all say this too. */
export function logWith(log: Log, common: Record<string, unknown>): Log {
  return {
    info: (event, fields) => log.info(event, { ...common, ...fields }),
    warn: (event, fields) => log.warn(event, { ...common, ...fields }),
    error: (event, fields) => log.error(event, { ...common, ...fields }),
  };
}

/** An error's message for a log field, whatever was thrown. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
