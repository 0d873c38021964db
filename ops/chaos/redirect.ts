/** Rewrites a pair's config files so that all that passes between its machines passes through links. */
import { readFileSync } from "node:fs";
import type { DataFolder } from "../local/data-folder.ts";
import { writeWhole } from "../local/data-folder.ts";
import { type AgentProcess, filesOf, peerOf, type Site, type SiteMachine } from "../local/site.ts";
import type { LinkKind, Links } from "./links/links.ts";
import type { Target } from "./links/tcp-link.ts";

type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** Call it when the files are written and nothing runs yet. */
export async function redirect(site: Site, data: DataFolder, agents: AgentProcess[], links: Links): Promise<void> {
  for (const machine of site.machines) {
    const peer = peerOf(site, machine.name);
    const files = filesOf(data.machine(machine.name));
    await redirectHub(files.hubConfig, machine, peer, links);
    const peerConf = filesOf(data.machine(peer.name)).natsConf;
    if (machine.leafPort === 0) await redirectLeaf(files.natsConf, peerConf, machine, peer, links);
    for (const { machine: at, configPath } of agents)
      if (at === machine.name) await redirectPushes(configPath, machine, peer, links);
  }
}

/** Of a hub's config: the peer's servers, its agents, and its places of the services. */
async function redirectHub(path: string, machine: SiteMachine, peer: SiteMachine, links: Links): Promise<void> {
  const config = readJson(path);
  const kinds = kindsOf(peer);
  const redirected = async (value: Json): Promise<Json> => {
    if (value === null || typeof value !== "object" || Array.isArray(value)) return value;
    const { host, port } = value;
    if (typeof host === "string" && typeof port === "number") {
      const kind = kinds.get(port) ?? "agent";
      value = { ...value, port: (await links.between(machine.name, peer.name, kind, { host, port })).port };
    }
    const changed: { [key: string]: Json } = {};
    for (const [key, part] of Object.entries(value)) changed[key] = await redirected(part);
    return changed;
  };
  config.peer = await redirected(config.peer ?? null);
  for (const agent of listOf(config.agents))
    if (agent.machine === peer.name) for (const key of ["probe", "scrape"]) await replace(agent, key, redirected);
  for (const service of listOf(config.services)) {
    const { instances } = service;
    if (instances !== null && typeof instances === "object" && !Array.isArray(instances))
      await replace(instances, peer.name, redirected);
  }
  writeWhole(path, `${JSON.stringify(config, null, 2)}\n`);
}

async function redirectLeaf(
  dials: string,
  listens: string,
  machine: SiteMachine,
  peer: SiteMachine,
  links: Links,
): Promise<void> {
  const target: Target = { host: peer.nats.host, port: peer.leafPort };
  const link = await links.between(machine.name, peer.name, "leaf", target);
  const through = `${target.host}:${link.port}`;
  rewrite(dials, `${target.host}:${target.port}`, through);
  // Who listens tells its own address all the same (measured with 2.12), and whoever lost the link would dial past it.
  rewrite(listens, "no_advertise: true", `advertise: "${through}"`);
}

/** Agents push to the peer's hub when their own does not answer. */
async function redirectPushes(path: string, machine: SiteMachine, peer: SiteMachine, links: Links): Promise<void> {
  const text = readFileSync(path, "utf8");
  const link = await links.between(machine.name, peer.name, "http", peer.hub);
  const url = ({ host, port }: Target) => `http://${host}:${port}`;
  writeWhole(path, text.replaceAll(`"${url(peer.hub)}"`, `"${url({ host: peer.hub.host, port: link.port })}"`));
}

const kindsOf = (peer: SiteMachine) =>
  new Map<number, LinkKind>([
    [peer.hub.port, "http"],
    [peer.monitoring.port, "http"],
    [peer.pushgateway.port, "http"],
    [peer.nats.port, "nats"],
    [peer.beats.port, "beats"],
  ]);

async function replace(
  owner: { [key: string]: Json },
  key: string,
  change: (value: Json) => Promise<Json>,
): Promise<void> {
  const value = owner[key];
  if (value !== undefined) owner[key] = await change(value);
}

/** What writeServerFiles has written. */
const readJson = (path: string) => JSON.parse(readFileSync(path, "utf8")) as { [key: string]: Json };

const listOf = (value: Json | undefined): { [key: string]: Json }[] =>
  (Array.isArray(value) ? value : []).filter(
    (entry) => entry !== null && typeof entry === "object" && !Array.isArray(entry),
  ) as { [key: string]: Json }[]; // filtered to objects just now

function rewrite(path: string, from: string, to: string): void {
  const text = readFileSync(path, "utf8");
  if (!text.includes(from)) throw new Error(`${path} does not say ${from}`);
  writeWhole(path, text.replaceAll(from, to));
}
