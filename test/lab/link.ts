/** Cuts and restores what lies between the machines of a lab. */
import { docker, inspect } from "./docker.ts";
import type { LabMachine } from "./machine.ts";
import type { LabPlan } from "./plan.ts";

/** Both directions are dropped on both machines; each is still reached by this computer and the jump host. */
export async function cutLink(mainpc: LabMachine, pc2: LabMachine): Promise<void> {
  await Promise.all([onLiving(mainpc, dropScript(pc2.address)), onLiving(pc2, dropScript(mainpc.address))]);
}

/** Nothing happens to a link that is whole. */
export async function healLink(mainpc: LabMachine, pc2: LabMachine): Promise<void> {
  await Promise.all([onLiving(mainpc, acceptScript), onLiving(pc2, acceptScript)]);
}

/** As when a machine's cable is pulled: nobody reaches it any more. What runs in it goes on. */
export async function unplug(plan: LabPlan, machine: LabMachine): Promise<void> {
  if (await isPlugged(plan, machine))
    await docker(["network", "disconnect", "--force", plan.network, machine.container]);
}

/** With the same address as before. */
export async function plug(plan: LabPlan, machine: LabMachine): Promise<void> {
  if (await isPlugged(plan, machine)) return;
  await docker(["network", "connect", "--ip", machine.address, plan.network, machine.container]);
}

export async function isPlugged(plan: LabPlan, machine: LabMachine): Promise<boolean> {
  const format = "{{range $name, $network := .NetworkSettings.Networks}}{{$name}} {{end}}";
  const networks = (await inspect("container", machine.container, format)) ?? "";
  return networks.split(" ").includes(plan.network);
}

export async function isCut(machine: LabMachine): Promise<boolean> {
  return (await machine.exec(`iptables -S ${chain} 2>/dev/null || true`)).includes("DROP");
}

/** A chain of its own, so that nothing of the engine's rules is touched. */
const chain = "TANDEM-LAB";

/** A dead machine has lost its rules, and one side's rules cut both directions. */
async function onLiving(machine: LabMachine, script: string): Promise<void> {
  if ((await machine.state()) === "running") await machine.exec(script);
}

function dropScript(peer: string): string {
  return `set -eu
iptables -N ${chain} 2>/dev/null || iptables -F ${chain}
iptables -A ${chain} -s ${peer} -j DROP
iptables -A ${chain} -d ${peer} -j DROP
for hook in INPUT OUTPUT; do iptables -C $hook -j ${chain} 2>/dev/null || iptables -I $hook -j ${chain}; done`;
}

const acceptScript = `set -eu
if iptables -L ${chain} -n >/dev/null 2>&1; then iptables -F ${chain}; fi`;
