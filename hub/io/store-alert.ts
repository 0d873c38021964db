/** Stores an alert, and says so in the log when that cannot be done. */
import type { AlertName } from "../core/alert-names.ts";
import type { Alert } from "../core/record.ts";
import type { AppendOutcome, Unstamped } from "./journal.ts";
import { type Log, messageOf } from "./log.ts";

export interface AlertStore {
  append(alert: Unstamped): Promise<AppendOutcome>;
  log: Log;
}

export type NewAlert = Omit<Alert, "kind" | "at" | "name"> & { name: AlertName };

/** Resolves with whether it is stored; never rejects. */
export async function storeAlert({ append, log }: AlertStore, alert: NewAlert): Promise<boolean> {
  const { message } = alert;
  try {
    const outcome = await append({ kind: "alert", ...alert });
    if (!("reason" in outcome)) return true;
    log.warn("alert.unrecorded", { message, reason: outcome.reason });
  } catch (error) {
    log.error("alert.unrecorded", { message, error: messageOf(error) });
  }
  return false;
}
