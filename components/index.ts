/** What a Pulumi program of one's own takes from here. */
export { Agent, type AgentArgs, type AgentRole } from "./agent.ts";
export { agentPorts } from "./agent-ports.ts";
export {
  readAccessTokens,
  readAgentSecrets,
  readNotificationSecrets,
  readRemoteWriteSecrets,
} from "./agent-secrets.ts";
export { ConfigFile, type ConfigFileArgs } from "./config-file.ts";
export { type ContainerSpec, hardenedContainer, type RunState } from "./container.ts";
export { DataDirectory, type DataDirectoryArgs } from "./data-directory.ts";
export { findFiles } from "./drift.ts";
export type { FoundFiles } from "./drift-script.ts";
export { firstLook } from "./first-look.ts";
export { Grafana, type GrafanaArgs } from "./grafana.ts";
export { Hub, type HubArgs, type HubSeedArgs, hubSeedFile } from "./hub.ts";
export { type HubConfigArgs, hubConfig, renderHubConfig } from "./hub-config.ts";
export { JetStreamNode, type JetStreamNodeArgs } from "./jetstream-node.ts";
export { type KeepalivedConfArgs, renderKeepalivedConf } from "./keepalived-conf.ts";
export { LogRotation, type LogRotationArgs } from "./log-rotation.ts";
export { readLogsToken } from "./logs-token.ts";
export { Machine, type MachineArgs } from "./machine.ts";
export { ModelDirectory, type ModelDirectoryArgs } from "./model-directory.ts";
export { type NatsAuthArgs, renderNatsAuth } from "./nats-auth.ts";
export { type LeafArgs, type LeafTls, type NatsConfArgs, renderNatsConf } from "./nats-conf.ts";
export type { NatsSecurity } from "./nats-security.ts";
export type { Bundles, ProgramImage } from "./program-image.ts";
export { Prometheus, type PrometheusArgs } from "./prometheus.ts";
export { type PrometheusConfArgs, renderPrometheusConf } from "./prometheus-conf.ts";
export { type PrometheusRulesArgs, renderPrometheusRules } from "./prometheus-rules.ts";
export { Pushgateway, type PushgatewayArgs } from "./pushgateway.ts";
export { type PushgatewayProcessArgs, pushgatewayArgs } from "./pushgateway-args.ts";
export { type Reach, signalContainer } from "./reach.ts";
export { readStack, readStackConfig } from "./read-stack.ts";
export { sitePorts } from "./reserved-ports.ts";
export { Router, type RouterArgs, routerSockets } from "./router.ts";
export { type RouterConfArgs, renderRouterConfig, routerConfig } from "./router-conf.ts";
export { Satellite, type SatelliteArgs } from "./satellite.ts";
export { SatelliteSite } from "./satellite-site.ts";
export { SecretFile, type SecretFileArgs } from "./secret-file.ts";
export { Site, SiteMachine, type StackSite } from "./site.ts";
export { fleetDirectoryOf } from "./site-fleet.ts";
export { reachOf, rootsOf } from "./site-reach.ts";
export { readGrafanaPassword, readHubTlsKey, readSiteSecrets, type SiteSecrets } from "./site-secrets.ts";
export { parseStack, parseStackConfig } from "./stack-config.ts";
export { Supervisor, type SupervisorArgs, supervisorSockets } from "./supervisor.ts";
export { renderSupervisorConf } from "./supervisor-conf.ts";
export { VirtualIp, type VirtualIpArgs } from "./virtual-ip.ts";
export { renderWitnessConf, type WitnessConfArgs } from "./witness-conf.ts";
