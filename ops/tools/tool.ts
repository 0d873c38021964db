/** The programs that Tandem runs but does not bring along: how each is called, how new it must be, and where it can be had. */
import { homedir } from "node:os";
import { join } from "node:path";
import type { Version } from "./version.ts";

export type ToolName = "nats-server" | "pushgateway" | "prometheus" | "promtool" | "docker-registry" | "chromium";

/** A gzipped tar archive of a project's release. */
export interface Release {
  url: string;
  /** Of the archive, in hex. Pinned here, so that what is run is what was looked at. */
  sha256: string;
  /** The program's path in the archive. */
  member: string;
}

/** One way to get a tool; tools list theirs in the order in which they are tried. */
export type Source =
  | { kind: "release"; releases: Partial<Record<string, Release>> }
  | { kind: "go"; module: string; version: string }
  /** Only unpacked: nothing is installed, started or configured. `member` is the program's path in the package. */
  | { kind: "debian-unpack"; package: string; member: string }
  /** Installed by apt, for programs with many libraries; needs root. */
  | { kind: "debian-install"; package: string };

export interface Tool {
  name: ToolName;
  /** Variable that names the program and overrides everything else. */
  variable: string;
  /** File names it goes by in PATH. */
  programs: readonly string[];
  /** Absolute paths where it lies outside of PATH. */
  places: readonly string[];
  least: Version;
  /** What an older one lacks, for the message that refuses it. */
  leastReason: string;
  sources: readonly Source[];
  /** How a person gets it by hand, on any system. */
  byHand: string;
}

const natsVersion = "2.12.15";
const pushgatewayVersion = "1.11.2";

/** Checksums as in the NATS project's own container recipes, which exist for Linux only. */
const natsSums: Partial<Record<string, string>> = {
  "linux-amd64": "58ab8131f819263897e2fc38e503e1b755b63bcafeecc7d12582487df48ca15e",
  "linux-arm64": "b724db99fefbf8f5c808baa82819ee50350aee9734017e4a478f7e545cef3ab6",
};

/** Checksums on which independent installers agree; for other platforms no two were found. */
const pushgatewaySums: Partial<Record<string, string>> = {
  "linux-amd64": "2ec72315e150dda071fdeef09360780a386a67e5207ebaa53bb18f2f1a3b89cf",
  "linux-arm64": "b3fb835dbb0a29b1d6f9cd7ae3568a5615e59b96f8787965248cea67163d4db1",
};

const tools: Record<ToolName, Tool> = {
  "nats-server": {
    name: "nats-server",
    variable: "TANDEM_NATS_SERVER",
    programs: ["nats-server"],
    places: [],
    least: [2, 10, 0],
    leastReason: "sync_interval, without which acknowledged records can be lost",
    sources: [
      {
        kind: "release",
        releases: releasesOf(natsSums, (platform) => {
          const name = `nats-server-v${natsVersion}-${platform}`;
          return { project: "nats-io/nats-server", tag: `v${natsVersion}`, name, member: `${name}/nats-server` };
        }),
      },
      { kind: "go", module: "github.com/nats-io/nats-server/v2", version: `v${natsVersion}` },
    ],
    byHand:
      "brew install nats-server, a release from https://github.com/nats-io/nats-server/releases, or Go from https://go.dev/dl",
  },
  pushgateway: {
    name: "pushgateway",
    variable: "TANDEM_PUSHGATEWAY",
    programs: ["pushgateway", "prometheus-pushgateway"],
    places: [],
    least: [1, 5, 0],
    leastReason: "the API that the hub was tried with",
    sources: [
      {
        kind: "release",
        releases: releasesOf(pushgatewaySums, (platform) => {
          const name = `pushgateway-${pushgatewayVersion}.${platform}`;
          return {
            project: "prometheus/pushgateway",
            tag: `v${pushgatewayVersion}`,
            name,
            member: `${name}/pushgateway`,
          };
        }),
      },
      { kind: "debian-unpack", package: "prometheus-pushgateway", member: "usr/bin/prometheus-pushgateway" },
    ],
    byHand: "brew install pushgateway, or a release from https://github.com/prometheus/pushgateway/releases",
  },
  prometheus: prometheusTool("prometheus", "TANDEM_PROMETHEUS", "the configuration that the stacks render"),
  promtool: prometheusTool("promtool", "TANDEM_PROMTOOL", "unit tests of rules as the tests write them"),
  "docker-registry": {
    name: "docker-registry",
    variable: "TANDEM_DOCKER_REGISTRY",
    programs: ["docker-registry", "registry"],
    places: [],
    least: [2, 7, 0],
    leastReason: "indexes of images, which the tests ask it for",
    sources: [{ kind: "debian-unpack", package: "docker-registry", member: "usr/bin/docker-registry" }],
    byHand: "Go from https://go.dev/dl: go install github.com/distribution/distribution/v3/cmd/registry@latest",
  },
  chromium: {
    name: "chromium",
    variable: "TANDEM_CHROMIUM",
    programs: ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome"],
    places: [
      "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
      "/Applications/Chromium.app/Contents/MacOS/Chromium",
      join(homedir(), "Applications/Google Chrome.app/Contents/MacOS/Google Chrome"),
    ],
    least: [120, 0, 0],
    leastReason: "the protocol that the tests drive it by",
    sources: [{ kind: "debian-install", package: "chromium" }],
    byHand: "install Google Chrome, or Chromium by the means of your system",
  },
};

export const toolNames = Object.keys(tools) as ToolName[]; // the record's keys are the type's members

export const toolOf = (name: ToolName): Tool => tools[name];

/** `linux-amd64`, in Go's words, as both projects name their archives. */
export function platformOf(platform: string = process.platform, arch: string = process.arch): string {
  return `${platform}-${arch === "x64" ? "amd64" : arch}`;
}

/** Both come in one package; only tests run them, and a machine has them in an image. */
function prometheusTool(name: "prometheus" | "promtool", variable: string, leastReason: string): Tool {
  return {
    name,
    variable,
    programs: [name],
    places: [],
    least: [2, 40, 0],
    leastReason,
    sources: [{ kind: "debian-unpack", package: "prometheus", member: `usr/bin/${name}` }],
    byHand: "brew install prometheus, or a release from https://github.com/prometheus/prometheus/releases",
  };
}

function releasesOf(
  sums: Partial<Record<string, string>>,
  describe: (platform: string) => { project: string; tag: string; name: string; member: string },
): Partial<Record<string, Release>> {
  const entries = Object.entries(sums).map(([platform, sha256 = ""]) => {
    const { project, tag, name, member } = describe(platform);
    return [platform, { url: `https://github.com/${project}/releases/download/${tag}/${name}.tar.gz`, sha256, member }];
  });
  return Object.fromEntries(entries);
}
