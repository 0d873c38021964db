/** Looks at a machine before anything is declared: whether it can take what comes, and what was changed there by hand. */
import * as pulumi from "@pulumi/pulumi";
import { OperatorError } from "../ops/error.ts";
import { findFiles } from "./drift.ts";
import type { FoundFiles } from "./drift-script.ts";
import { askMachine, dockerCommand } from "./reach.ts";
import { type ReadinessArgs, readinessProblems, readinessScript } from "./readiness-script.ts";
import type { Site } from "./site.ts";
import { reachOf, rootsOf } from "./site-reach.ts";
import { sshAdvice } from "./ssh-advice.ts";

/**
 * A preview warns of what is wrong, so that it can be read where the machine is away; an up refuses with the machine as it was.
 *
 * @returns what was found of the machine's files; undefined when it could not be asked
 * @throws OperatorError in an up, when the machine cannot be reached or cannot take what comes
 */
export async function firstLook(site: Site): Promise<FoundFiles | undefined> {
  const { name } = site.machine;
  const reach = reachOf(site);
  const wanted = wantedOf(site);
  try {
    const [found, said] = await Promise.all([
      findFiles(reach, rootsOf(site)),
      askMachine(reach, readinessScript(wanted)),
    ]);
    const problems = readinessProblems(said, name, wanted);
    if (problems.length > 0) await refuse(problems.map(({ what }) => what).join("\n"), problems[0]?.next ?? "");
    for (const { path, kind } of found.changed()) {
      const how = kind === "missing" ? "was deleted" : "differs from what was deployed (changed by hand)";
      await pulumi.log.warn(`${path} on ${name} ${how}: up will replace it`);
    }
    return found;
  } catch (error) {
    if (error instanceof OperatorError) throw error;
    const said = error instanceof Error ? error.message : String(error);
    const advice = `${sshAdvice(said)}. Where the machine cannot be reached at all: pulumi config set --path preview.drift false`;
    await refuse(`${name} at ${site.machine.address} cannot be asked how it is: ${said}`, advice);
    return undefined;
  }
}

async function refuse(what: string, next: string): Promise<void> {
  const error = new OperatorError("machine.unready", what, next);
  if (!pulumi.runtime.isDryRun()) throw error;
  await pulumi.log.warn(error.toText());
}

function wantedOf(site: Site): ReadinessArgs {
  const { machine, leaf, paths } = site;
  const container = (part: string) => `tandem-${machine.name}-${part}`;
  const leafPort = { port: leaf.port, container: container("nats"), key: "leaf.port" };
  return {
    ports: [
      { port: machine.hubPort, container: container("hub"), key: "machine.hubPort" },
      { port: machine.natsPort, container: container("nats"), key: "machine.natsPort" },
      { port: machine.monitoringPort, container: container("nats"), key: "machine.monitoringPort" },
      { port: machine.pushgatewayPort, container: container("pushgateway"), key: "machine.pushgatewayPort" },
      ...(leaf.listener === machine.name ? [leafPort] : []),
      ...(["prometheus", "grafana"] as const)
        .filter((what) => site[what].enabled)
        .map((what) => ({ port: site[what].port, container: container(what), key: `${what}.port` })),
    ],
    dataDirectory: paths.data,
    docker: dockerCommand(reachOf(site)),
  };
}
