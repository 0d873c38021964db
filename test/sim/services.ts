/** The services of the simulated pair: each mode, with and without a single writer, on both homes. */
import type { ServiceSpec } from "../../hub/core/failover/service.ts";

export const machineNames = ["mainpc", "pc2"] as const;

export const services: readonly ServiceSpec[] = [
  { name: "Writer", home: "mainpc", standby: "pc2", mode: "warm", singleWriter: true },
  { name: "Reader", home: "pc2", standby: "mainpc", mode: "warm", singleWriter: false },
  { name: "ColdWriter", home: "pc2", standby: "mainpc", mode: "cold", singleWriter: true },
];
