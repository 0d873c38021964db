/** What the doctor found on each machine, as text for a person. Pure. */
import { plainLines } from "../one-line.ts";
import type { Check } from "./check.ts";

export interface Report {
  /** A machine's name, or `both machines` for what is between them. */
  machine: string;
  /** Empty for what is between machines. */
  address: string;
  checks: Check[];
}

export const countOf = (reports: readonly Report[], status: Check["status"]): number =>
  reports.flatMap(({ checks }) => checks).filter((check) => check.status === status).length;

const signs: Record<Check["status"], string> = { ok: "ok  ", warn: "warn", fail: "FAIL" };

export function toText(reports: readonly Report[]): string {
  const width = Math.max(...reports.flatMap(({ checks }) => checks.map(({ name }) => name.length)));
  const below = (sign: string, text: string) => (text === "" ? [] : [`        ${" ".repeat(width)}  ${sign} ${text}`]);
  const lines = reports.flatMap(({ machine, address, checks }) => [
    address === "" ? machine : `${machine} (${address})`,
    ...checks.flatMap(({ name, status, found, why, next }) => [
      `  ${signs[status]}  ${name.padEnd(width)}  ${found}`,
      ...below("·", why),
      ...below("→", next),
    ]),
  ]);
  // Machines have said some of it.
  return plainLines(
    [...lines, `${countOf(reports, "fail")} failed, ${countOf(reports, "warn")} worth a look`].join("\n"),
  );
}
