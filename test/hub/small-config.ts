/** A hub's configuration of two agents and one service, to be changed by a test. */
import { HubConfig, type HubConfigInput } from "../../hub/config.ts";

const host = "127.0.0.1";
const at = (port: number) => ({ host, port });
const machine = (name: string, hubName: string) => ({
  name,
  hubName,
  hub: at(1),
  beats: at(2),
  nats: at(3),
  monitoring: at(4),
  pushgateway: at(5),
});
const probe = { kind: "http", ...at(6) } as const;

export function smallConfig(change: Partial<HubConfigInput> = {}): HubConfig {
  return HubConfig.parse({
    v: 1,
    machine: machine("mainpc", "ObservabilityHub"),
    peer: machine("pc2", "EdgeHub"),
    agents: [
      { name: "TutorAgent", machine: "mainpc", group: "learning", probe, needs: ["Registry"] },
      { name: "Registry", machine: "mainpc", group: "core", probe },
    ],
    services: [
      {
        name: "TutorAgent",
        home: "mainpc",
        standby: "pc2",
        mode: "warm",
        singleWriter: false,
        instances: { mainpc: { ...at(7), probe }, pc2: { ...at(8), probe } },
        route: 11_000,
      },
    ],
    ...change,
  });
}
