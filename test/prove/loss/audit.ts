/** Holds what the clients were told against the records of both machines' streams. */
import type { Push } from "../../../hub/core/record.ts";
import { StreamAudit } from "../../../ops/chaos/audit/stream-audit.ts";
import type { BarePair } from "../../support/bare-pair.ts";
import { isAcknowledged, type PushLog } from "./push.ts";

export interface AuditFindings {
  /** Records read, of the originals. */
  records: number;
  /** Whether a stream was purged of records before they were read: then nothing can be called absent. */
  purged: boolean;
  /** Pushes with more than one record. */
  twice: string[];
  /** Acknowledged pushes without a record on one of the machines. */
  absent: string[];
}

export class Audit {
  readonly #streams: StreamAudit;

  constructor(pair: BarePair) {
    const machines = pair.both.map(({ name, at }) => ({ name, nats: at.nats }));
    this.#streams = new StreamAudit(machines, numberOf);
  }

  read(): Promise<void> {
    return this.#streams.read();
  }

  /** Pushes without a record of their own, as DELETE, are left to the fold. */
  findings(log: readonly PushLog[]): AuditFindings {
    const { records, purged, twice } = this.#streams;
    const numbered = log.filter((push) => isAcknowledged(push) && push.metrics.length > 0);
    const absent = numbered.filter(({ number }) => !this.#streams.isOnAll(number));
    return {
      records,
      purged,
      twice: twice.map(([number, ids]) => `push ${number} is ${ids.join(" and ")}`),
      absent: purged
        ? []
        : absent.map(({ number, hub, outcome }) => `push ${number}, acknowledged ${outcome} by ${hub}, is not on both`),
    };
  }
}

function numberOf({ body }: Push): number | undefined {
  const digits = /^prove_\w+(?:\{[^}]*\})? (\d+)$/m.exec(body)?.[1];
  return digits === undefined ? undefined : Number(digits);
}
