/** What a Pulumi program of one's own takes from here. */
export { ConfigFile, type ConfigFileArgs } from "./config-file.ts";
export { type ContainerSpec, hardenedContainer } from "./container.ts";
export { DataDirectory, type DataDirectoryArgs } from "./data-directory.ts";
export { Hub, type HubArgs, type HubImage, type HubSeedArgs, hubSeedFile } from "./hub.ts";
export { type HubConfigArgs, hubConfig, renderHubConfig } from "./hub-config.ts";
export { JetStreamNode, type JetStreamNodeArgs } from "./jetstream-node.ts";
export { Machine, type MachineArgs } from "./machine.ts";
export { type NatsAuthArgs, renderNatsAuth } from "./nats-auth.ts";
export { type LeafArgs, type LeafTls, type NatsConfArgs, renderNatsConf } from "./nats-conf.ts";
export type { NatsSecurity } from "./nats-security.ts";
export { Pushgateway, type PushgatewayArgs } from "./pushgateway.ts";
export { type PushgatewayProcessArgs, pushgatewayArgs } from "./pushgateway-args.ts";
export { type Reach, signalContainer } from "./reach.ts";
export { SecretFile, type SecretFileArgs } from "./secret-file.ts";
export { Site, SiteMachine } from "./site.ts";
export { readSiteSecrets, type SiteSecrets } from "./site-secrets.ts";
export { parseStackConfig, readStackConfig } from "./stack-config.ts";
