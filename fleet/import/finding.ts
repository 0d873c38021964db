/** What an import has to say of a startup file: where, of which agent, what it did, and what is left to do. */
import type { Place } from "../finding.ts";

export interface ImportFinding extends Place {
  /**
   * An error keeps everything from being written. A warning says that the inventory differs from the startup file, or that
   * somebody has to decide. A note asks for nothing.
   */
  severity: "error" | "warning" | "note";
  /** Stable, dotted, for scripts: `health.port`. */
  code: string;
  /** Id or name of the agent it is said of. */
  agent?: string | undefined;
  message: string;
  /** What to do about it; empty when there is nothing to do. */
  next: string;
}

/** Collects what the steps of an import have to say, in the order in which they say it. */
export class Report {
  readonly findings: ImportFinding[] = [];

  error(place: Place, code: string, message: string, next: string, agent?: string): void {
    this.findings.push({ severity: "error", code, ...place, agent, message, next });
  }

  warn(place: Place, code: string, message: string, next: string, agent?: string): void {
    this.findings.push({ severity: "warning", code, ...place, agent, message, next });
  }

  note(place: Place, code: string, message: string, next = "", agent?: string): void {
    this.findings.push({ severity: "note", code, ...place, agent, message, next });
  }

  get failed(): boolean {
    return this.findings.some(({ severity }) => severity === "error");
  }
}

/** The first few of many, for a message that stays readable. */
export function listed(names: readonly string[], most = 4): string {
  const more = names.length - most;
  return more > 0 ? `${names.slice(0, most).join(", ")} and ${more} more` : names.join(", ");
}
