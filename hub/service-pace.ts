/** How often the instances of services are asked for their health. */
import type { AgentConfig, HubConfig } from "./config.ts";

/** Standbys wait: they are asked less often than what acts. */
const standbyEveryMs = 1_000;

/** As agents of the machines that they stand on. */
export function standbysOf({ services }: Pick<HubConfig, "services">): AgentConfig[] {
  return services.flatMap(({ name, standby, instances }) => {
    const at = instances[standby];
    if (at === undefined) return [];
    const { probe, deadlineMs, intervalMs } = at;
    const pace = { intervalMs: Math.max(standbyEveryMs, intervalMs), deadlineMs };
    return [{ name, machine: standby, group: "standbys", isHub: false, probe, needs: [], ...pace }];
  });
}

/** Agents that are homes of services that move by themselves are asked as often as their services say. */
export function atServicePace(
  agents: readonly AgentConfig[],
  { services }: Pick<HubConfig, "services">,
): AgentConfig[] {
  return agents.map((agent) => {
    const service = services.find(
      ({ name, home, mode }) => mode !== "notify" && name === agent.name && home === agent.machine,
    );
    const at = service?.instances[agent.machine];
    if (at === undefined || at.intervalMs >= agent.intervalMs) return agent;
    return { ...agent, intervalMs: at.intervalMs, deadlineMs: Math.min(agent.deadlineMs, at.deadlineMs) };
  });
}
