/** What carries a supervisor's deeds out: a machine's engine, or this process as the parent of others. */

export interface Runner {
  /** The services that it could run, with whether each runs now. */
  look(): Promise<Map<string, boolean>>;
  /** Rejects with the reason when it does not run afterwards. */
  start(service: string): Promise<void>;
  /** @param killAtMs when it must be gone, on the machine's clock; null for as long as it usually takes */
  stop(service: string, killAtMs: number | null): Promise<void>;
  /** Before the supervisor itself ends. */
  close(): Promise<void>;
}
