/** Groups of configuration that every machine's stack has, whatever stands on it. */
import { z } from "zod";
import { flag, host, hostAndPort, hostKey, metricName, mib, path, port, text, whole } from "./values.ts";

/** It stands before the host in the arguments of ssh, so it must not look like an option. */
const userName = z
  .string()
  .regex(/^[a-z_][\w.-]*$/i, "letters, digits and _ . -, a letter or _ first")
  .default("root")
  .meta({ example: "root" });

export const commonGroups = {
  fleet: z
    .strictObject({
      /** Folder of the inventory on the computer that runs Pulumi; empty for fleet/ beside the program. */
      directory: path("/srv/site/fleet").or(z.literal("")).default("").meta({ example: "/srv/site/fleet" }),
    })
    .prefault({}),
  ssh: z
    .strictObject({
      user: userName,
      port: port(22),
      /** The machine's public host key, type and key; without it anybody could answer in its name. */
      hostKey,
      /** How files are written when `user` may not: by sudo, or by a container that sees the whole disk. */
      become: z.enum(["none", "sudo", "docker"], "none, sudo or docker").default("none").meta({ example: "sudo" }),
      /** The host between this computer and the machine. */
      jump: z
        .strictObject({
          /** Empty for none. */
          host: host.or(z.literal("")).default("").meta({ example: "bastion.example.org" }),
          port: port(22),
          user: userName,
          hostKey,
        })
        .prefault({}),
    })
    .prefault({}),
  docker: z
    .strictObject({
      /** A socket of this computer, instead of the machine's engine over SSH; empty for SSH. */
      socket: z
        .string()
        .regex(/^unix:\/\/\/.+/, "a socket like unix:///var/run/docker.sock")
        .or(z.literal(""))
        .default("")
        .meta({ example: "unix:///var/run/docker.sock" }),
    })
    .prefault({}),
  images: z
    .strictObject({
      nats: text("nats:2.12.3-alpine").default("nats:2.12.3-alpine"),
      pushgateway: text("prom/pushgateway:v1.5.1").default("prom/pushgateway:v1.5.1"),
      /** What the hub's image is built on. */
      hubBase: text("node:24-bookworm-slim").default("node:24-bookworm-slim"),
      /** System and processor that the hub's image is built for: the machine's. */
      platform: z
        .string()
        .regex(/^linux\/(amd64|arm64)$/, "linux/amd64 or linux/arm64")
        .default("linux/amd64")
        .meta({ example: "linux/amd64" }),
      prometheus: text("prom/prometheus:v3.5.0").default("prom/prometheus:v3.5.0"),
      grafana: text("grafana/grafana:12.1.1").default("grafana/grafana:12.1.1"),
      /** Needed with virtualIp.address: nobody publishes an official one. */
      keepalived: z.string().default("").meta({ example: "registry.example.org/keepalived@sha256:…" }),
      /** A finished hub image; empty to build it on the machine. */
      hub: z.string().default("").meta({ example: "registry.example.org/tandem-hub@sha256:…" }),
    })
    .prefault({}),
  paths: z.strictObject({ config: path("/etc/tandem"), data: path("/var/lib/tandem") }).prefault({}),
  logs: z
    .strictObject({
      /** Directories of logs that are measured and kept below the quota together; none for no care of logs at all. */
      directories: z.array(path("/srv/fleet/logs")).default([]),
      /** Plain-text logs that nobody else rotates. */
      files: z.array(path("/srv/fleet/logs/remote_connector.log")).default([]),
      quotaMb: mib(2_048, 16),
      /** Rotated files kept for each log. */
      keep: whole(1, 1_000).default(7).meta({ example: 7 }),
      /** A larger log is rotated before its day is over, MiB. */
      rotateMb: whole(1, 1_048_576).default(10).meta({ example: 10 }),
      /** User and group that rotates; empty for root. */
      owner: z
        .string()
        .regex(/^[a-z_][\w-]* [a-z_][\w-]*$/, "user and group like ops ops")
        .or(z.literal(""))
        .default("")
        .meta({ example: "ops ops" }),
    })
    .prefault({}),
  models: z
    .strictObject({
      /** Where the agents' models are on the machine; empty for none. */
      directory: path("/srv/models").or(z.literal("")).default("").meta({ example: "/srv/models" }),
    })
    .prefault({}),
  prometheus: z
    .strictObject({
      /** Put a Prometheus on this machine that scrapes both hubs. */
      enabled: flag(false),
      port: port(9090),
      /** Samples older than this are deleted. */
      retentionDays: whole(1, 3_650).default(15).meta({ example: 15 }),
      /** So are the oldest when all take more, MiB. */
      retentionMb: mib(4_096, 64),
      memoryMb: mib(1_024, 128),
      /** Where its alerts are sent; none for nowhere. */
      alertmanagers: z.array(hostAndPort).default([]),
      /** What stands before `docs/runbooks/…` in its alerts, and in links of Grafana's dashboards. */
      runbooks: z
        .url("an address like https://git.example/tandem/blob/main/")
        .or(z.literal(""))
        .default("")
        .meta({ example: "https://git.example/tandem/blob/main/" }),
      /** Pushed metrics that it records once, of the places that each stands in. */
      recorded: z.array(metricName).default([]),
    })
    .prefault({}),
  grafana: z
    .strictObject({
      /** Put a Grafana on this machine that reads its Prometheus. */
      enabled: flag(false),
      port: port(3000),
      memoryMb: mib(512, 128),
    })
    .prefault({}),
  preview: z
    .strictObject({
      /** Look at the machine in previews, and at its files at all; false where previews do not reach it, as on a hosted runner. */
      drift: flag(true),
    })
    .prefault({}),
};
