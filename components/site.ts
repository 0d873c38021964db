/** What a site is made of: the two machines, their link, their images and limits. One schema is check, type and default. */
import { isIPv4 } from "node:net";
import { z } from "zod";
import { publicKeyPattern } from "./nats-auth.ts";

/** A whole number; Pulumi hands numbers on as text where they were set as text. */
const whole = (min: number, max: number) =>
  z.preprocess(
    (value) => (typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value),
    z.number(`a whole number from ${min} to ${max}`).int().min(min).max(max),
  );
const port = (value: number) => whole(1, 65_535).default(value).meta({ example: value });
const mib = (value: number, min: number) => whole(min, 16_777_216).default(value).meta({ example: value });
const text = (example: string) => z.string(`text like ${example}`).min(1).meta({ example });
const path = (value: string) =>
  z
    .string()
    .regex(/^\/[\w./-]*[\w-]$/, `an absolute path like ${value}`)
    .default(value)
    .meta({ example: value });
const host = z
  .string("an address like 192.0.2.10")
  // A name or IPv4 address without a colon, or an IPv6 address with two at least.
  .regex(
    /^([A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?|[\dA-Fa-f]*:[\dA-Fa-f]*:[\dA-Fa-f:.]*)$/,
    "an address like 192.0.2.10, without scheme or port",
  )
  .meta({ example: "192.0.2.10" });
const machineName = z
  .string("a name like mainpc")
  .regex(/^[A-Za-z][A-Za-z0-9_-]*$/, "a name of letters, digits, - and _, like mainpc")
  .meta({ example: "mainpc" });

const ports = {
  /** Where agents push to and people look. */
  hubPort: port(9000),
  /** NATS clients. */
  natsPort: port(4222),
  /** NATS monitoring, on 127.0.0.1 only. */
  monitoringPort: port(8222),
  pushgatewayPort: port(9091),
};

export const SiteMachine = z.strictObject({
  /** Also the name of its JetStream domain, and of its file in fleet/. */
  name: machineName,
  /** Where the other machine and the agents reach it; its services bind it. */
  address: host,
  /** What people call the hub there. */
  hubName: text("ObservabilityHub").default("ObservabilityHub"),
  ...ports,
});
export type SiteMachine = z.infer<typeof SiteMachine>;

/** Own streams and copies of the peer's, as the hubs make them, take 9 GiB together; a smaller store refuses the last ones. */
const leastStoreMb = 9_216;

/** Yes or no; Pulumi hands these on as text where they were set as text. */
const flag = (value: boolean) =>
  z
    .preprocess((given) => (given === "true" ? true : given === "false" ? false : given), z.boolean("true or false"))
    .default(value)
    .meta({ example: value });

const hostKeyPattern = /^(ssh-(ed25519|rsa)|ecdsa-sha2-nistp(256|384|521)|sk-[a-z0-9@.-]+) [A-Za-z0-9+/]+={0,3}$/;
const hostKeyExample = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI…";
const hostKey = z
  .string()
  .regex(hostKeyPattern, `type and key as \`ssh-keyscan\` prints them, like ${hostKeyExample}`)
  .or(z.literal(""))
  .default("")
  .meta({ example: hostKeyExample });

const publicKey = z
  .string()
  .regex(publicKeyPattern, "a public NKey of a user: U and 55 letters and digits")
  .or(z.literal(""))
  .default("")
  .meta({ example: "UCK5N7N66OBOINFXAYC2ACJQYFSOD4VYNU6APEJTAVFZB2SVHLKGEW7L" });
const certificate = z
  .string()
  .regex(/^-----BEGIN CERTIFICATE-----\n[\s\S]+-----END CERTIFICATE-----\n?$/, "a certificate in PEM")
  .or(z.literal(""))
  .default("")
  .meta({ example: "-----BEGIN CERTIFICATE-----…" });
const securityNeeds = ["hubKey", "operatorKey", "ca", "leafCertificate"] as const;

/** Secret keys of a stack: seed of security.hubKey, and private key of security.leafCertificate. */
export const siteSecretNames = ["hubSeed", "leafKey"] as const;
export type SiteSecretName = (typeof siteSecretNames)[number];
/** Secret key of a stack: the password of Grafana's admin. */
export const grafanaPasswordKey = "grafanaPassword";
/** Secret key of a stack: values of the secrets that agents name, by name. */
export const agentSecretsKey = "agentSecrets";

export const Site = z
  .strictObject({
    machine: SiteMachine,
    peer: SiteMachine,
    leaf: z
      .strictObject({
        /** Which machine listens for the link between the domains; the other dials. */
        listener: machineName.default("mainpc"),
        port: port(7422),
      })
      .prefault({}),
    ssh: z
      .strictObject({
        user: text("root").default("root"),
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
            user: text("root").default("root"),
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
    jetstream: z.strictObject({ maxMemoryMb: mib(1_024, 16), maxStoreMb: mib(10_240, leastStoreMb) }).prefault({}),
    limits: z
      .strictObject({ hubMemoryMb: mib(1_024, 128), natsMemoryMb: mib(2_048, 64), pushgatewayMemoryMb: mib(512, 32) })
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
    /** One address for both hubs; each stack has the same one. */
    virtualIp: z
      .strictObject({
        /** Empty for none. */
        address: z
          .string()
          .refine((value) => value === "" || isIPv4(value), "an IPv4 address like 192.0.2.100")
          .default("")
          .meta({ example: "192.0.2.100" }),
        prefixLength: whole(1, 32).default(24).meta({ example: 24 }),
        /** Network interface of this machine that carries it. */
        interface: z
          .string()
          .regex(/^[\w.@-]{0,15}$/, "a network interface like eth0")
          .default("")
          .meta({ example: "eth0" }),
        /** The higher one of the two takes it when both start at once. */
        priority: whole(1, 254).default(100).meta({ example: 100 }),
        /** The same on both machines, and no other's on this network. */
        routerId: whole(1, 255).default(51).meta({ example: 51 }),
      })
      .prefault({}),
    preview: z
      .strictObject({
        /** Look at the machine in previews, and at its files at all; false where previews do not reach it, as on a hosted runner. */
        drift: flag(true),
      })
      .prefault({}),
    /** Who is who, by public halves, as tandem init writes them; the secret halves are `siteSecretNames`. Empty: nobody is asked. */
    security: z
      .strictObject({
        /** Public NKey of this machine's hub. */
        hubKey: publicKey,
        /** Public NKey of operators. */
        operatorKey: publicKey,
        /** Public NKey of this machine's agents; empty when they do not use NATS. */
        agentKey: publicKey,
        /** CA of both ends of the link. */
        ca: certificate,
        /** This machine's certificate for the link. */
        leafCertificate: certificate,
      })
      .prefault({}),
    /** `host:port` of things that answer when the network does, such as the router. */
    references: z
      .array(
        z
          .string()
          .regex(/^[A-Za-z0-9.-]+:\d{1,5}$/, "host:port like 192.0.2.1:53")
          .meta({ example: "192.0.2.1:53" }),
      )
      .default([]),
  })
  .superRefine((site, context) => {
    const refuse = (path: string, message: string) =>
      context.addIssue({
        code: "custom",
        path: path.split(".").map((part) => (/^\d+$/.test(part) ? Number(part) : part)),
        message,
      });
    const names = [site.machine.name, site.peer.name];
    if (names[0] === names[1]) refuse("peer.name", `another name than machine.name, ${site.machine.name}`);
    if (site.machine.address === site.peer.address && site.docker.socket === "") {
      refuse("peer.address", "another address than machine.address");
    }
    if (!names.includes(site.leaf.listener)) refuse("leaf.listener", `one of ${names.join(" and ")}`);
    if (site.docker.socket === "" && site.ssh.hostKey === "") {
      refuse("ssh.hostKey", `the machine's host key, since it is reached over SSH, like ${hostKeyExample}`);
    }
    if (site.ssh.jump.host !== "" && site.ssh.jump.hostKey === "") {
      refuse("ssh.jump.hostKey", `the jump host's own key, like ${hostKeyExample}`);
    }
    if (site.logs.files.length > 0 && site.logs.directories.length === 0) {
      refuse("logs.directories.0", "the directories of logs.files, so that their size is watched");
    }
    if (site.limits.natsMemoryMb <= site.jetstream.maxMemoryMb) {
      refuse("limits.natsMemoryMb", `more than jetstream.maxMemoryMb, ${site.jetstream.maxMemoryMb}`);
    }
    if (site.grafana.enabled && !site.prometheus.enabled) {
      refuse("prometheus.enabled", "true, since grafana.enabled is and Grafana reads this machine's Prometheus");
    }
    if (site.virtualIp.address !== "") {
      const own = [site.machine.address, site.peer.address];
      if (own.includes(site.virtualIp.address)) refuse("virtualIp.address", "an address that neither machine has");
      for (const group of ["machine", "peer"] as const) {
        if (!isIPv4(site[group].address)) refuse(`${group}.address`, "an IPv4 address, since virtualIp.address is set");
      }
      if (site.virtualIp.interface === "")
        refuse("virtualIp.interface", "the network interface that carries virtualIp.address");
      if (site.images.keepalived === "") refuse("images.keepalived", "an image, since virtualIp.address is set");
      if (site.machine.hubPort !== site.peer.hubPort) {
        refuse("peer.hubPort", `machine.hubPort, ${site.machine.hubPort}, since virtualIp.address leads to either hub`);
      }
    }
    const secured = Object.values(site.security).some((value) => value !== "");
    for (const key of securityNeeds) {
      if (secured && site.security[key] === "")
        refuse(`security.${key}`, "a value, since others of its group have one");
    }
    for (const group of ["machine", "peer"] as const) {
      const entry = site[group];
      const used = new Map<number, string>();
      if (entry.name === site.leaf.listener) used.set(site.leaf.port, "leaf.port");
      // They stand on this machine alone; the peer's stack has its own.
      for (const key of ["prometheus", "grafana"] as const) {
        if (group !== "machine" || !site[key].enabled) continue;
        const other = used.get(site[key].port);
        if (other !== undefined) refuse(`${key}.port`, `a free port; ${site[key].port} is already ${other}`);
        used.set(site[key].port, `${key}.port`);
      }
      for (const key of Object.keys(ports) as (keyof typeof ports)[]) {
        const other = used.get(entry[key]);
        if (other !== undefined) refuse(`${group}.${key}`, `a free port; ${entry[key]} is already ${other}`);
        used.set(entry[key], `${group}.${key}`);
      }
    }
  });
export type Site = z.infer<typeof Site>;
