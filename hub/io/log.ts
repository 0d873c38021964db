/**
 * Log lines as JSON on standard error, one event each, with the table's nouns as keys. What comes too often is left out and counted in
 * the next line of its event (`suppressed`); texts are cut.
 */
import { LogPace } from "../core/log-pace.ts";

type Level = "info" | "warn" | "error";

/** Of a field: much comes from elsewhere, such as a path, a group, or what another server answered; characters. */
const longestText = 2_000;

let suppressedInAll = 0;

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
  const pace = new LogPace();
  const put =
    (level: Level) =>
    (event: string, fields: Record<string, unknown> = {}) => {
      const { isWritten, suppressed } = pace.take(event, performance.now());
      if (!isWritten) {
        suppressedInAll++;
        return;
      }
      const line = {
        at: new Date().toISOString(),
        level,
        machine,
        event,
        ...fields,
        ...(suppressed > 0 && { suppressed }),
      };
      write(`${JSON.stringify(line, cut)}\n`);
    };
  return { info: put("info"), warn: put("warn"), error: put("error") };
}

/** That all logs of this thread left out, since it started. */
export const suppressedLines = (): number => suppressedInAll;

const cut = (_: string, value: unknown) =>
  typeof value === "string" && value.length > longestText ? `${value.slice(0, longestText)}…` : value;

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
