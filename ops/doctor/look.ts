/** What one look of the doctor brings: a report a machine, and how a fix is run there. */
import type { Report } from "./report.ts";

export interface Look {
  reports: Report[];
  /** Runs POSIX sh as the one who may write the machine's files. @throws OperatorError when it fails */
  run(machine: string, script: string): Promise<void>;
}
