/** Looks at a machine before anything is declared: whether it can take what comes, and what was changed there by hand. */
import * as pulumi from "@pulumi/pulumi";
import { OperatorError } from "../ops/error.ts";
import { FoundFiles, listingScript, parseListing } from "./drift-script.ts";
import { askMachine, dockerCommand, ownerScript, type Reach, Unanswered, userCommand } from "./reach.ts";
import { absentImages, type Problem, readinessProblems, type Wanted, type WantedPort } from "./readiness.ts";
import { engineScript, readinessScript } from "./readiness-script.ts";
import { serverPorts } from "./server-ports.ts";
import { shellQuote } from "./shell.ts";
import type { StackSite } from "./site.ts";
import { reachOf, rootsOf } from "./site-reach.ts";
import { clientProblem } from "./ssh-client.ts";
import { sshFailure } from "./ssh-failure.ts";

/** Pulling an image may take this long, ms. */
const pullMs = 600_000;

/**
 * A preview warns of what is wrong, so that it can be read where the machine is away; an up refuses with the machine as it was.
 *
 * @param agents ports of the agents' containers
 * @returns what was found of the machine's files; undefined when it could not be asked, or is not to be (`preview.drift`)
 * @throws OperatorError in an up, when the machine cannot be reached or cannot take what comes
 */
export async function firstLook(site: StackSite, agents: readonly WantedPort[]): Promise<FoundFiles | undefined> {
  const preview = pulumi.runtime.isDryRun();
  if (preview && !site.preview.drift) return undefined;
  try {
    const said = await look(site, agents);
    const absent = absentImages(said);
    if (preview && absent.length > 0)
      await pulumi.log.info(`${absent.join(", ")} not on ${site.machine.name} yet: up pulls what is missing`);
    if (!preview) for (const image of absent) await pull(image, site);
    return site.preview.drift ? await filesIn(said, site) : undefined;
  } catch (error) {
    if (!(error instanceof OperatorError) || !preview) throw error;
    await pulumi.log.warn(error.toText());
    return undefined;
  }
}

/** All questions in one connection, since sshd limits how many may begin at once. */
async function look(site: StackSite, agents: readonly WantedPort[]): Promise<string> {
  const reach = reachOf(site);
  const wanted = wantedOf(site, reach, agents);
  const noClient = reach.kind === "ssh" ? await clientProblem() : undefined;
  if (noClient !== undefined) throw refusal([noClient]);
  const docker = dockerCommand(reach);
  const listing = listingScript(rootsOf(site));
  const script = [
    engineScript({ docker, images: Object.keys(imagesOf(site)) }),
    ownerScript(readinessScript({ docker, directories: wanted.directories, listing }), reach),
  ].join("\n");
  const said = await ask(site, reach, script);
  const problems = readinessProblems(said, site.machine.name, wanted);
  if (problems.length > 0) throw refusal(problems);
  return said;
}

async function ask(site: StackSite, reach: Reach, script: string): Promise<string> {
  const { name, address } = site.machine;
  try {
    return await askReached(reach, script);
  } catch (error) {
    if (!(error instanceof Unanswered)) throw error;
    // A script that fails says what to do in its last line.
    const lines = error.message.split("\n");
    if (error.reached)
      throw refusal([{ what: lines.slice(0, -1).join("\n") || error.message, next: lines.at(-1) ?? "" }]);
    const { what, next } = sshFailure(error.message, site.ssh.jump.host);
    const hosted = ". Where no preview reaches the machine: pulumi config set --path preview.drift false";
    const advice = pulumi.runtime.isDryRun() ? `${next}${hosted}` : next;
    throw refusal([{ what: `${name} at ${address} cannot be asked how it is: ${what}`, next: advice }]);
  }
}

/** By the connection that the Docker provider then goes on with; one of its own says what that hides when it cannot be had. */
async function askReached(reach: Reach, script: string): Promise<string> {
  try {
    return await askMachine(userCommand(reach, script, "shared"));
  } catch (error) {
    if (reach.kind === "local" || !(error instanceof Unanswered) || error.reached) throw error;
    return await askMachine(userCommand(reach, script));
  }
}

/** Before anything else is made, so that a name with a typo or a registry out of reach leaves nothing half-made. */
async function pull(image: string, site: StackSite): Promise<void> {
  const reach = reachOf(site);
  const { name } = site.machine;
  await pulumi.log.info(`pulling ${image} on ${name}`);
  try {
    await askMachine(userCommand(reach, `${dockerCommand(reach)} pull --quiet ${shellQuote(image)}`), pullMs);
  } catch (error) {
    if (!(error instanceof Unanswered)) throw error;
    const to = reach.kind === "ssh" ? ` | ssh ${reach.user}@${reach.host}` : " |";
    throw refusal([
      {
        what: `${image} is not on ${name} and cannot be pulled there: ${error.message.split("\n").at(-1)}`,
        next: `Correct ${imagesOf(site)[image]}, or bring it there from where it is: docker save ${image}${to} docker load`,
      },
    ]);
  }
}

async function filesIn(said: string, site: StackSite): Promise<FoundFiles> {
  const found = new FoundFiles(rootsOf(site), parseListing(said));
  for (const { path, kind } of found.changed()) {
    const how = kind === "missing" ? "was deleted" : "differs from what was deployed (changed by hand)";
    await pulumi.log.warn(`${path} on ${site.machine.name} ${how}: up will replace it`);
  }
  return found;
}

function refusal(problems: readonly Problem[]): OperatorError {
  const [only, ...more] = problems;
  const next = more.length === 0 ? (only?.next ?? "") : problems.map((one) => one.next).join("\n  → ");
  return new OperatorError("machine.unready", problems.map(({ what }) => what).join("\n"), next);
}

/** The configuration key of each image that the machine must hold. */
function imagesOf({ role, images, ssh }: StackSite): Record<string, string> {
  if (role === "satellite") return ssh.become === "docker" ? { [images.hubBase]: "images.hubBase" } : {};
  const hub = images.hub === "" ? { [images.hubBase]: "images.hubBase" } : { [images.hub]: "images.hub" };
  return { [images.nats]: "images.nats", [images.pushgateway]: "images.pushgateway", ...hub };
}

function wantedOf(site: StackSite, reach: Reach, agents: readonly WantedPort[]): Wanted {
  const { paths, ssh } = site;
  return {
    ports: [...serverPorts(site), ...agents],
    directories: { "paths.data": paths.data, "paths.config": paths.config },
    login: reach.kind === "ssh" ? { user: ssh.user, become: ssh.become } : undefined,
  };
}
