/** The matrix: every fault, class after class. */
import type { Fault } from "./fault.ts";
import { clockFaults } from "./faults/clock.ts";
import { diskFaults } from "./faults/disk.ts";
import { machineFaults } from "./faults/machine.ts";
import { networkFaults } from "./faults/network.ts";
import { operatorFaults } from "./faults/operator.ts";
import { processFaults } from "./faults/process.ts";
import { upgradeFaults } from "./faults/upgrade.ts";

export const faults: readonly Fault[] = [
  ...processFaults,
  ...machineFaults,
  ...diskFaults,
  ...networkFaults,
  ...clockFaults,
  ...operatorFaults,
  ...upgradeFaults,
];
