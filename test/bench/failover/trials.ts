/** What is measured, one trial each: a fault or an order, and the time until it is seen, answered again, or over. */
import { setTimeout as pause } from "node:timers/promises";
import { LedgerView, type ServiceJson } from "../../../hub/http/api.ts";
import { monoMs } from "../../../hub/io/mono-clock.ts";
import type { Turn } from "../../../ops/chaos/observer.ts";
import { servicesAt } from "../../../ops/chaos/services.ts";
import type { Stage } from "../../../ops/chaos/stage.ts";
import { askFleet, findAgent, setFault } from "../../../ops/local/agents/directory.ts";
import type { Child } from "../../../ops/local/child.ts";
import { signal as sendSignal } from "../../../ops/local/processes.ts";
import { askHub } from "../../../ops/site/ask-hub.ts";
import { answeredBy, Load, Pushes } from "./client.ts";

/** Undefined when what was waited for did not come. */
export type Took = number | undefined;

/** The warm service that is measured: two of it may act, so that no lease delays it. */
export const service = "UnifiedUtilsAgent";
export const loadPerSecond = 1_000;
const deadlineMs = 20_000;
const wellDeadlineMs = 60_000;
const homeDeadlineMs = 60_000;
const askDeadlineMs = 2_000;
const pollMs = 5;
/** A question about all that both hold is work for them that they have no time for just then. */
const equalPollMs = 50;
const pushEveryMs = 20;

/** Kills or stops processes of pc2, and waits until mainpc's hub calls its hub dead. */
export async function seen(stage: Stage, how: "crash" | "hang" | "machine-crash"): Promise<Took> {
  const hubs = stage.children("pc2", "hub");
  // Finding all processes of a machine takes longer than what is measured.
  const startMs = how === "machine-crash" ? await stage.crashMachine("pc2") : monoMs();
  if (how === "hang") signalAll(hubs, "SIGSTOP");
  else if (how === "crash") await crashAll(hubs);
  const turn = await next(stage, startMs, ({ by, of, to }) => by === "mainpc" && of === "pc2/hub" && to === "dead");
  signalAll(hubs, "SIGCONT");
  await stage.reviveAll("pc2");
  await well(stage);
  return turn === undefined ? undefined : turn.atMs - startMs;
}

/** Ends or stops the instance at home or its whole machine, and waits until the standby answers through the router of the other machine. */
export async function answersAgain(stage: Stage, what: "instance" | "machine", how: "crash" | "hang"): Promise<Took> {
  const { home, standby, route } = await find(stage, "mainpc");
  const hit = what === "machine" ? stage.children(home) : stage.children(home, `pilot-${service}`);
  let startMs = monoMs();
  if (what === "machine" && how === "crash") startMs = await stage.crashMachine(home);
  else if (how === "crash") await crashAll(hit);
  else startMs = what === "machine" ? stage.signalMachine(home, "SIGSTOP") : signalAll(hit, "SIGSTOP");
  const isThere = await answeredBy(standby, route ?? 0, deadlineMs);
  const tookMs = monoMs() - startMs;
  if (how === "hang" && what === "machine") stage.signalMachine(home, "SIGCONT");
  signalAll(hit, "SIGCONT");
  await stage.revive(hit);
  await well(stage);
  await atHome(stage);
  return isThere ? tookMs : undefined;
}

/** Orders the service to the standby and back under load. @returns how long the orders took together, and what failed meanwhile */
export async function switchover(stage: Stage): Promise<{ took: Took; sent: number; failed: number }> {
  const { home, standby, route } = await find(stage, "mainpc");
  const load = new Load(route ?? 0, loadPerSecond);
  await pause(500);
  const startMs = monoMs();
  let isDone = true;
  for (const to of [standby, home]) isDone &&= await order(stage, to);
  const tookMs = monoMs() - startMs;
  await pause(500);
  await load.stop();
  await atHome(stage);
  return { took: isDone ? tookMs : undefined, sent: load.sent, failed: load.failed };
}

/** From the home hub's word of an agent's health to the peer's. */
export async function healthAtPeer(stage: Stage, dataDir: string): Promise<Took> {
  const agent = findAgent(await askFleet(dataDir), service, "pc2");
  const startMs = monoMs();
  await setFault(agent, { kind: "faulty", status: "error", message: "failing for a measurement" });
  const isIt = ({ of, to }: Turn) => of === `pc2/${service}` && to !== "healthy";
  const [own, peer] = await Promise.all(
    ["pc2", "mainpc"].map((by) => next(stage, startMs, (turn) => turn.by === by && isIt(turn))),
  );
  await setFault(agent, { kind: "none" });
  await well(stage);
  await atHome(stage);
  return own === undefined || peer === undefined ? undefined : Math.max(0, peer.atMs - own.atMs);
}

/** Nothing passes for a while in which both hubs take pushes; then the time until both machines hold the same, with nothing missing. */
export async function equalAfterPartition(stage: Stage, standsMs: number): Promise<{ took: Took; pushed: number }> {
  const { links } = stage;
  if (links === undefined) throw new Error("a partition needs links");
  const pushes = stage.machines.map(({ name, hubUrl }) => new Pushes(hubUrl, `partition_${name}`, pushEveryMs));
  links.set("mainpc", "pc2", { blocked: true });
  links.set("pc2", "mainpc", { blocked: true });
  await pause(standsMs);
  await Promise.all(pushes.map((client) => client.stop()));
  const startMs = monoMs();
  await links.mend();
  const endMs = startMs + wellDeadlineMs;
  while (!(await areEqual(stage)) && monoMs() < endMs) await pause(equalPollMs);
  const tookMs = monoMs() - startMs;
  await well(stage);
  await atHome(stage);
  const pushed = pushes.reduce((sum, { acknowledged }) => sum + acknowledged, 0);
  return { took: tookMs < wellDeadlineMs ? tookMs : undefined, pushed };
}

async function areEqual({ machines }: Stage): Promise<boolean> {
  const groups = await Promise.all(machines.map(({ hubUrl }) => textOf(`${hubUrl}/api/v1/metrics`)));
  if (groups[0] === undefined || groups[0] !== groups[1]) return false;
  const ledgers = await Promise.all(machines.map(({ hubUrl }) => askHub(`${hubUrl}/api/v1/ledger`, LedgerView)));
  const isWhole = ledgers.every((ledger) => ledger !== undefined && ledger.copies === 2 && ledger.missing === 0);
  const [a, b] = ledgers.map((ledger) =>
    ledger?.lines.map(({ origin, stream, stored, copied }) => [origin, stream, stored, copied]).sort(),
  );
  return isWhole && JSON.stringify(a) === JSON.stringify(b);
}

/** Undefined when nobody answers. */
async function textOf(url: string): Promise<string | undefined> {
  try {
    return await (await fetch(url, { signal: AbortSignal.timeout(askDeadlineMs) })).text();
  } catch {
    return undefined;
  }
}

async function order(stage: Stage, to: string): Promise<boolean> {
  const endMs = performance.now() + deadlineMs;
  let isOrdered = false;
  while (performance.now() < endMs) {
    const { owner, state } = await find(stage, "mainpc");
    if (owner === to && state !== "moving") return true;
    if (!isOrdered) {
      const url = `${stage.machine(owner).hubUrl}/api/v1/services/${service}/switchover`;
      const headers = { "content-type": "application/json" };
      const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify({ to }) });
      if (!answer.ok) throw new Error(`the switchover was refused: ${answer.status} ${await answer.text()}`);
      isOrdered = true;
    }
    await pause(pollMs);
  }
  return false;
}

export async function find(stage: Stage, at: string): Promise<ServiceJson> {
  const endMs = performance.now() + deadlineMs;
  for (;;) {
    const found = (await servicesAt(stage.machine(at).hubUrl))?.find(({ name }) => name === service);
    if (found !== undefined) return found;
    if (performance.now() > endMs) throw new Error(`the hub of ${at} does not know the service ${service}`);
    await pause(pollMs);
  }
}

export async function atHome(stage: Stage): Promise<void> {
  const endMs = performance.now() + homeDeadlineMs;
  for (const { name } of stage.machines)
    for (;;) {
      const { state, owner, home } = await find(stage, name);
      if (state === "home" && owner === home) break;
      if (performance.now() > endMs) throw new Error(`${service} has not come home, by ${name}'s word`);
      await pause(pollMs);
    }
}

export async function well(stage: Stage): Promise<void> {
  const trouble = await stage.well(wellDeadlineMs, new AbortController().signal);
  if (trouble !== "") throw new Error(trouble);
}

const next = (stage: Stage, sinceMs: number, fits: (turn: Turn) => boolean) =>
  stage.observer.next(sinceMs, fits, AbortSignal.timeout(deadlineMs));

export const crashAll = (children: readonly Child[]) => Promise.all(children.map((child) => child.crash()));

/** @returns when, shared monotonic ms */
function signalAll(children: readonly Child[], name: NodeJS.Signals): number {
  const atMs = monoMs();
  for (const { pid } of children) if (pid !== undefined) sendSignal(pid, name);
  return atMs;
}
