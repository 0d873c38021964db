/** Records an alert when a machine is lost, and its end when the machine answers again. */
import type { SatelliteJudgement } from "./core/satellite.ts";
import type { NewAlert } from "./io/store-alert.ts";

type Judged = Pick<SatelliteJudgement, "verdict" | "reason">;

export interface MachineAlertsOptions {
  /** Stores it now or later. */
  put(alert: NewAlert): void;
  /** Whether the machine is being worked on: then its loss is no alert. */
  inMaintenance(machine: string): boolean;
}

export class MachineAlerts {
  readonly #options: MachineAlertsOptions;
  /** Machines that were lost under maintenance, with what would have been said. */
  readonly #untold = new Map<string, string>();

  constructor(options: MachineAlertsOptions) {
    this.#options = options;
  }

  judged(name: string, judgement: Judged, before: Judged): void {
    if (isLost(judgement) === isLost(before)) return;
    if (!isLost(judgement)) {
      if (!this.#untold.delete(name)) this.#record(name, "resolved", `${name} answers again`);
      return;
    }
    const message = `${name}: ${judgement.reason}`;
    if (this.#options.inMaintenance(name)) this.#untold.set(name, message);
    else this.#record(name, "urgent", message);
  }

  /** Maintenance began or ended: a machine that did not come back by its end is lost. */
  reconsider(): void {
    for (const [name, message] of [...this.#untold]) {
      if (this.#options.inMaintenance(name)) continue;
      this.#untold.delete(name);
      this.#record(name, "urgent", message);
    }
  }

  #record(subject: string, severity: "urgent" | "resolved", message: string): void {
    this.#options.put({ severity, name: "machine-lost", subject, message });
  }
}

const isLost = ({ verdict }: Judged) => verdict === "dead" || verdict === "isolated";
