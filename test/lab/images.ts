/** The images of the lab: its machines', and those that the inner engines need, made of this computer's own programs. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { OperatorError } from "../../ops/error.ts";
import { ensureTool } from "../../ops/tools/ensure-tool.ts";
import { askVersion, formatVersion } from "../../ops/tools/version.ts";
import { buildImage, filesOf } from "./build-image.ts";

type Say = (line: string) => void;

/** Names of the images that a stack's `images` takes. */
export interface StackImages {
  nats: string;
  pushgateway: string;
  hubBase: string;
  prometheus?: string | undefined;
  keepalived?: string | undefined;
}

/** Images of what a stack has only when it is asked for. */
export const extraImages = ["prometheus", "keepalived"] as const;
export type ExtraImage = (typeof extraImages)[number];

const machineFolder = fileURLToPath(new URL("image", import.meta.url));
const nodeBinary = fileURLToPath(new URL("../../node_modules/node/bin/node", import.meta.url));

/** What the health checks of the containers ask with; one layer that all images share. */
const commonDockerfile = `ARG BASE
FROM \${BASE}
RUN apt-get update -q \\
 && DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends ca-certificates libstdc++6 wget \\
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/*
`;

/** Builds what is missing; resolves with the name of the machines' image. */
export async function machineImage(base: string, say: Say): Promise<string> {
  const { Dockerfile = "", ...files } = filesOf(machineFolder);
  const dockerfile = readFileSync(Dockerfile, "utf8");
  return await buildImage({ name: "tandem-lab/machine", base, dockerfile, files }, say);
}

/** Their programs are Debian's; of Prometheus no more than its two, since its pages take five times their room. */
const extraDockerfiles: Record<ExtraImage, string> = {
  prometheus: `ARG BASE
FROM \${BASE}
RUN cd /tmp && apt-get update -q && apt-get download -q prometheus \\
 && dpkg-deb --fsys-tarfile prometheus_*.deb | tar -x -C / ./usr/bin/prometheus ./usr/bin/promtool \\
 && rm -rf prometheus_*.deb /var/lib/apt/lists/* /var/cache/apt/* \\
 && prometheus --version
ENTRYPOINT ["prometheus"]
`,
  keepalived: `ARG BASE
FROM \${BASE}
RUN apt-get update -q \\
 && DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends keepalived \\
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/*
ENTRYPOINT ["keepalived"]
`,
};

/** Builds what is missing of the images for the inner engines. */
export async function stackImages(base: string, extras: readonly ExtraImage[], say: Say): Promise<StackImages> {
  const common = await buildImage({ name: "tandem-lab/common", base, dockerfile: commonDockerfile, files: {} }, say);
  const ofProgram = async (name: string, program: string, entrypoint: string) => {
    const version = formatVersion(await askVersion(program));
    const dockerfile = programDockerfile(entrypoint);
    const files = { [entrypoint]: program };
    return await buildImage({ name: `tandem-lab/${name}`, version, base: common, dockerfile, files }, say);
  };
  const extra: Partial<StackImages> = {};
  for (const name of extras) {
    const dockerfile = extraDockerfiles[name];
    extra[name] = await buildImage({ name: `tandem-lab/${name}`, base: common, dockerfile, files: {} }, say);
  }
  return {
    ...extra,
    nats: await ofProgram("nats", await ensureTool("nats-server", say), "nats-server"),
    pushgateway: await ofProgram("pushgateway", await ensureTool("pushgateway", say), "pushgateway"),
    hubBase: await ofProgram("node", nodeBinary, "node"),
  };
}

/** Names as `--with` takes them. @throws OperatorError `lab.extra` */
export function extrasOf(text: string): ExtraImage[] {
  return text
    .split(",")
    .filter((name) => name !== "")
    .map((name) => {
      const known = extraImages.find((extra) => extra === name);
      if (known !== undefined) return known;
      const next = `Name ${extraImages.join(" or ")}, or both with a comma between them`;
      throw new OperatorError("lab.extra", `The lab makes no image of ${name}`, next);
    });
}

/** Its mode comes with the file: a chmod here would store the program a second time. */
function programDockerfile(name: string): string {
  return `ARG BASE\nFROM \${BASE}\nCOPY ${name} /usr/local/bin/${name}\nENTRYPOINT ["/usr/local/bin/${name}"]\n`;
}
