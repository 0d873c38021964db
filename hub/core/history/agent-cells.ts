/** What is kept of an agent for a minute, in three bytes: its mean latency and the share of the minute in which it was ill. */

export interface AgentMinute {
  /** Null when nothing answered. */
  latencyMs: number | null;
  /** 0 to 1; null when its health was not known. */
  ill: number | null;
}

export const cellBytes = 3;
/** A tenth of a ms, up to 6.5 s: no probe waits longer. */
const latencyUnits = 10;
const longest = 65_534;
const noLatency = 65_535;
const illUnits = 200;
const noIll = 255;

export function writeCell(row: Uint8Array, index: number, { latencyMs, ill }: AgentMinute): void {
  const latency = latencyMs === null ? noLatency : Math.min(longest, Math.round(latencyMs * latencyUnits));
  row[index * cellBytes] = latency >> 8;
  row[index * cellBytes + 1] = latency & 255;
  row[index * cellBytes + 2] = ill === null ? noIll : Math.round(ill * illUnits);
}

/** Of a cell that is not there nothing is known. */
export function readCell(row: Uint8Array, index: number): AgentMinute {
  const at = index * cellBytes;
  const latency = ((row[at] ?? 255) << 8) | (row[at + 1] ?? 255);
  const ill = row[at + 2] ?? noIll;
  return {
    latencyMs: latency === noLatency ? null : latency / latencyUnits,
    ill: ill > illUnits ? null : ill / illUnits,
  };
}
