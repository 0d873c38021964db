/** Records an alert when a machine is lost, and its end when the machine answers again. */
import type { SatelliteJudgement } from "./core/satellite.ts";
import type { AppendOutcome, Unstamped } from "./io/journal.ts";
import { type Log, messageOf } from "./io/log.ts";

type Judged = Pick<SatelliteJudgement, "verdict" | "reason">;

export interface MachineAlertsOptions {
  append(alert: Unstamped): Promise<AppendOutcome>;
  log: Log;
}

export class MachineAlerts {
  readonly #options: MachineAlertsOptions;

  constructor(options: MachineAlertsOptions) {
    this.#options = options;
  }

  judged(name: string, judgement: Judged, before: Judged): void {
    if (isLost(judgement) === isLost(before)) return;
    const lost = isLost(judgement);
    this.#record(name, lost ? "urgent" : "resolved", lost ? `${name}: ${judgement.reason}` : `${name} answers again`);
  }

  #record(subject: string, severity: "urgent" | "resolved", message: string): void {
    const { append, log } = this.#options;
    append({ kind: "alert", severity, name: "machine-lost", subject, message })
      .then((outcome) => {
        if ("reason" in outcome) log.warn("alert.unrecorded", { message, reason: outcome.reason });
      })
      .catch((error: unknown) => log.error("alert.unrecorded", { message, error: messageOf(error) }));
  }
}

const isLost = ({ verdict }: Judged) => verdict === "dead" || verdict === "isolated";
