/** Makes a lab's network and containers, and removes them: the one place that creates or deletes anything. */
import { rmSync } from "node:fs";
import { OperatorError } from "../../ops/error.ts";
import { imageId } from "./base-image.ts";
import { docker, inspect, labelled, requireEngine, takenNetworks } from "./docker.ts";
import { type LabPlan, labelOf, networkOf, type Place } from "./plan.ts";
import { type RunArgs, runArgs } from "./run-args.ts";
import { labFolder } from "./ssh.ts";
import { chooseSubnet } from "./subnet.ts";

type Say = (line: string) => void;

/** The subnet of a lab's network; undefined when there is none. */
export function subnetOf(name: string): Promise<string | undefined> {
  return inspect("network", networkOf(name), "{{range .IPAM.Config}}{{.Subnet}}{{end}}");
}

/** Resolves with the network's subnet. */
export async function ensureNetwork(name: string, say: Say): Promise<string> {
  const there = await subnetOf(name);
  if (there !== undefined) return there;
  const subnet = chooseSubnet(await takenNetworks());
  say(`network ${networkOf(name)}, ${subnet}`);
  await docker(["network", "create", "--label", labelOf(name), "--subnet", subnet, networkOf(name)]);
  return subnet;
}

/**
 * @throws OperatorError `lab.name-taken` for a container of that name that is not the lab's, `lab.refused` when the engine
 * does not grant what a machine needs
 */
export async function ensureContainer(plan: LabPlan, place: Place, args: RunArgs, say: Say): Promise<void> {
  const format = '{{.State.Status}} {{.Image}} {{index .Config.Labels "tandem.lab"}}';
  const state = await inspect("container", place.container, format);
  if (state === undefined) {
    for (const volume of Object.values(place.volumes ?? {})) {
      await docker(["volume", "create", "--label", plan.label, volume]);
    }
    say(`${place.name}: starting at ${place.address}`);
    await docker(runArgs(plan, place, args)).catch((error: Error) => {
      throw new OperatorError(
        "lab.refused",
        `The engine does not start ${place.container}: ${error.message}`,
        "Compare what the engine grants with the list in docs/lab.md",
      );
    });
    return;
  }
  const [status, image, owner] = state.split(" ");
  if (owner !== plan.name) {
    throw new OperatorError(
      "lab.name-taken",
      `A container ${place.container} is there that no lab has made`,
      "Rename or remove it, or name the lab otherwise (--name)",
    );
  }
  if (image !== (await imageId(args.image))) say(`${place.name}: made of an older image; down and up renew it`);
  if (status === "running") return;
  say(`${place.name}: starting again`);
  await docker(["start", place.container]);
}

/**
 * Removes what carries the lab's label, nothing else; the images stay for the next lab. Resolves with the names of what is
 * gone.
 */
export async function down(name: string, { volumes = false }: { volumes?: boolean } = {}): Promise<string[]> {
  networkOf(name);
  await requireEngine();
  const removed: string[] = [];
  const remove = async (kind: "container" | "network" | "volume", args: string[]) => {
    const names = await labelled(kind, labelOf(name));
    if (names.length > 0) await docker([...args, ...names]);
    removed.push(...names);
  };
  await remove("container", ["rm", "--force"]);
  await remove("network", ["network", "rm"]);
  if (volumes) {
    await remove("volume", ["volume", "rm"]);
    rmSync(labFolder(name), { recursive: true, force: true });
  }
  return removed;
}
