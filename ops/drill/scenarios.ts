/** The faults that a drill may bring about on a pair that is in use: each heals by itself, also when the drill dies. Pure. */

export const parts = ["hub", "nats", "pushgateway"] as const;
export type Part = (typeof parts)[number];

export interface DrillScenario {
  name: string;
  explains: string;
  /** What it is done to, of one machine, at once. */
  parts: readonly Part[];
  /** `crash`: SIGKILL, after which it is started again by whoever looks after it. `freeze`: SIGSTOP, and SIGCONT after the hold. */
  how: "crash" | "freeze";
}

export const scenarios: readonly DrillScenario[] = [
  { name: "hub-crash", explains: "kills one machine's hub", parts: ["hub"], how: "crash" },
  {
    name: "nats-crash",
    explains: "kills one machine's NATS: its hub writes to its spool",
    parts: ["nats"],
    how: "crash",
  },
  {
    name: "pushgateway-crash",
    explains: "kills one machine's Pushgateway: its hub fills it again",
    parts: ["pushgateway"],
    how: "crash",
  },
  { name: "servers-crash", explains: "kills hub, NATS and Pushgateway of one machine at once", parts, how: "crash" },
  {
    name: "hub-freeze",
    explains: "stops one machine's hub for the hold: its port accepts, nothing answers",
    parts: ["hub"],
    how: "freeze",
  },
];

/** Chosen by name, in the order given; all without a name. @returns the names that are none beside them */
export function chooseDrills(names: readonly string[]): { chosen: DrillScenario[]; unknown: string[] } {
  if (names.length === 0) return { chosen: [...scenarios], unknown: [] };
  const found = names.map((name) => scenarios.find((one) => one.name === name));
  return {
    chosen: found.filter((one) => one !== undefined),
    unknown: names.filter((_, i) => found[i] === undefined),
  };
}

/** Whether a turn of a verdict is that of the fault. */
export function isDetection(
  { by, of, to }: { by: string; of: string; to: string },
  machine: string,
  scenario: Pick<DrillScenario, "parts">,
): boolean {
  if (by === machine || to !== "dead") return false;
  return scenario.parts.some((part) => of === `${machine}/${part}`);
}
