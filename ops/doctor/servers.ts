/** Which servers an `up` puts on a machine, by the last part of their containers' names. */
import type { StackSite } from "../../components/site.ts";

/** Agents aside. @example ["nats", "pushgateway", "hub", "prometheus"] */
export function serversOf(site: StackSite): string[] {
  const own = site.role === "pair" ? ["nats", "pushgateway", "hub"] : [];
  const virtualIp = site.role === "pair" && site.virtualIp.address !== "" ? ["virtual-ip"] : [];
  return [...own, ...virtualIp, ...(["prometheus", "grafana"] as const).filter((part) => site[part].enabled)];
}
