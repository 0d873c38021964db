/** Finds the Debian that the lab's images are built on, or makes one where no registry is reached. */
import { mkdtempSync, rmSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { OperatorError } from "../../ops/error.ts";
import { findInPath } from "../../ops/tools/find.ts";
import { run } from "../../ops/tools/run.ts";
import { inspect } from "./docker.ts";
import { execute, output, pipe } from "./execute.ts";

type Say = (line: string) => void;

export const baseVariable = "TANDEM_LAB_BASE";
const published = "debian:bookworm-slim";
/** A registry that answers at all does so within this time; 30 MB come in the rest. */
const pullWithinMs = 30_000;

/**
 * `TANDEM_LAB_BASE` when set, else debian:bookworm-slim from here or from its registry, else this computer's own
 * distribution by debootstrap.
 * @throws OperatorError `lab.base-missing`, `lab.needs-root`, `lab.needs-debootstrap`, `lab.no-source`
 */
export async function ensureBase(say: Say): Promise<string> {
  const given = process.env[baseVariable];
  if (given) {
    if ((await imageId(given)) !== undefined || (await pulled(given, say))) return given;
    throw new OperatorError(
      "lab.base-missing",
      `${baseVariable} names ${given}, which is neither here nor can be pulled`,
      `Correct ${baseVariable}, or unset it to have a base looked for`,
    );
  }
  const { id, codename } = await distribution();
  const made = `tandem-lab/${id}:${codename}`;
  for (const name of [published, made]) if ((await imageId(name)) !== undefined) return name;
  if (await pulled(published, say)) return published;
  await bootstrap(made, codename, say);
  return made;
}

export const imageId = (name: string) => inspect("image", name, "{{.Id}}");

async function pulled(name: string, say: Say): Promise<boolean> {
  say(`pulling ${name}`);
  const asked = await execute("docker", ["pull", "--quiet", name], { deadlineMs: pullWithinMs }).catch(
    (error: Error) => ({ code: null, stderr: error.message }),
  );
  if (asked.code !== 0) say(`not pulled: ${asked.stderr.trim().split("\n").at(-1)}`);
  return asked.code === 0;
}

async function bootstrap(image: string, codename: string, say: Say): Promise<void> {
  const byHand = `pull ${published} where there is a network and carry it here (docker save, docker load), or set ${baseVariable}`;
  if (process.getuid?.() !== 0) {
    throw new OperatorError(
      "lab.needs-root",
      `${published} cannot be pulled, and making a base by debootstrap needs root`,
      `Run it once as root, or ${byHand}`,
    );
  }
  if (findInPath(["debootstrap"]).length === 0) {
    throw new OperatorError(
      "lab.needs-debootstrap",
      `${published} cannot be pulled, and there is no debootstrap to make a base`,
      `Run apt-get install debootstrap, or ${byHand}`,
    );
  }
  const source = sourceOf(await output("apt-get", ["indextargets", "--format", indexFormat]), codename);
  const folder = mkdtempSync(join(tmpdir(), "tandem-lab-base-"));
  try {
    say(`making ${image} by debootstrap, some minutes`);
    const tree = join(folder, "root");
    const components = `--components=${source.components.join(",")}`;
    const args = ["--variant=minbase", components, codename, tree, source.uri];
    await run("debootstrap", args, { say });
    await run("chroot", [tree, "apt-get", "clean"]);
    await pipe(["tar", "--create", "--directory", tree, "."], ["docker", "import", "-", image]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const indexFormat = "$(IDENTIFIER) $(CODENAME) $(COMPONENT) $(REPO_URI)";

/**
 * Where apt itself gets the distribution from.
 * @param targets lines of identifier, codename, component and address, as apt prints them
 */
export function sourceOf(targets: string, codename: string): { uri: string; components: string[] } {
  const packages = targets
    .split("\n")
    .map((line) => line.split(" "))
    .filter(([identifier, suite]) => identifier === "Packages" && suite === codename);
  const [first] = packages;
  const uri = first?.[3];
  if (uri === undefined) {
    throw new OperatorError(
      "lab.no-source",
      `apt knows no source of ${codename}`,
      `Add one to /etc/apt/sources.list.d and run apt-get update, or set ${baseVariable}`,
    );
  }
  const components = packages.filter((entry) => entry[3] === uri).map((entry) => entry[2] ?? "main");
  return { uri, components: [...new Set(components)] };
}

async function distribution(): Promise<{ id: string; codename: string }> {
  const text = await readFile("/etc/os-release", "utf8").catch(() => "");
  const field = (key: string) => new RegExp(`^${key}="?([\\w.-]+)"?$`, "m").exec(text)?.[1];
  return { id: field("ID") ?? "debian", codename: field("VERSION_CODENAME") ?? "bookworm" };
}
