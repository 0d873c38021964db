/** Which alerts operators do not want to hear of for a while: by name, or by name and subject. They stand, are recorded and shown all the same. */
import { Maintenance } from "../maintenance.ts";

/** Mutable; said, merged and forgotten as words on maintenance are: both hubs hold the same ones. */
export class Silences extends Maintenance {
  /** Whether an alert is silenced. */
  isQuiet(name: string, subject: string, nowMs: number): boolean {
    return this.isUnderWay(name, nowMs) || this.isUnderWay(`${name} ${subject}`, nowMs);
  }
}
