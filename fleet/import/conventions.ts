/** What fleets of this kind have in common and their startup files do not say. */

/** Entries that stand for the hub itself, which Tandem brings; their ports are the site's. */
export const hubNames: readonly string[] = ["ObservabilityHub", "EdgeHub"];

/** They move first, since all later batches are judged by them. */
export const pilotNames: readonly string[] = ["ObservabilityHub", "ResourceManager", "UnifiedUtilsAgent"];

/** Groups that move before the others, in this order. */
export const firstGroups: readonly string[] = [
  "core_services",
  "foundation_services",
  "gpu_infrastructure",
  "language_processing",
];

/** What listens beside the agents without standing in a startup file, unless an agent there is it by its name. */
export const besideAgents: readonly { machine: string; name: string; port: number }[] = [
  { machine: "pc2", name: "error bus", port: 7150 },
];

/** Agents serve HTTP on their health port + 1 until they are told otherwise; a port this far away is seldom a neighbour's. */
export const httpDistance = 10_000;

/** Outgoing connections take their ports from here on, and would hold one now and then. */
export const firstEphemeralPort = 32_768;
