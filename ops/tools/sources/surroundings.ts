/** What every source is given besides what it shall fetch. */
export interface Surroundings {
  /** Work folder: empty, removed afterwards. */
  folder: string;
  /** Aborts when the operator ends the command. */
  signal: AbortSignal;
  say(line: string): void;
}
