/** What agents that were taken over cannot use up: the hub's place at its machine's NATS. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { NatsConnection } from "nats";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { agentLimits } from "../../components/nats-accounts.ts";
import { createLog } from "../../hub/io/log.ts";
import { NatsLink } from "../../hub/io/nats-link.ts";
import { ensureStreams, recordSubject } from "../../hub/io/streams.ts";
import { agentName, type SecuredNatsPair, startSecuredNatsPair } from "../support/secured-nats-pair.ts";
import { until } from "../support/until.ts";

const machine = "mainpc";
const flood: NatsConnection[] = [];
let pair: SecuredNatsPair;
let link: NatsLink;
let reconnects = 0;

beforeAll(async () => {
  pair = await startSecuredNatsPair();
  const seedFile = join(pair.mainpc.folder, "hub.nk");
  writeFileSync(seedFile, pair.mainpc.keys.hub.seed);
  const at = { host: "127.0.0.1", port: pair.mainpc.port, name: "hub", seedFile, machine };
  const onReconnect = () => {
    reconnects++;
  };
  link = await NatsLink.open({ ...at, log: createLog(machine, () => {}), onReconnect }, new AbortController().signal);
  await ensureStreams(await link.nc.jetstreamManager({ checkAPI: false }), machine, "pc2");
}, 60_000);

afterAll(async () => {
  await link.close();
  await pair.stop();
});

const store = async () =>
  (await link.nc.jetstream({ timeout: 5_000 }).publish(recordSubject("metrics", machine), "x")).seq;

describe("while an agent holds all the connections that agents may have", () => {
  afterAll(() => Promise.all(flood.splice(0).map((nc) => nc.close())));

  beforeAll(async () => {
    for (let i = 0; i < agentLimits.connections; i++) flood.push(await pair.mainpc.as("agent"));
  }, 60_000);

  it("the next one is refused, and so is it for as long as they stay", async () => {
    for (let i = 0; i < 3; i++) await expect(pair.mainpc.as("agent")).rejects.toThrow();
    await until("why", () => pair.mainpc.log().includes("maximum account active connections exceeded"));
  });

  it("the hub's records are stored, its connection comes back after it was cut, and an operator gets in", async () => {
    const before = await store();
    await link.nc.reconnect();
    await until("the hub's new connection", () => reconnects === 1);
    expect(await store()).toBe(before + 1);
    await (await pair.mainpc.as("operator")).close();
  });
});

it("agents may send 1 MiB at once, and the hub's record of 8 MiB is stored", async () => {
  const agent = await pair.mainpc.as("agent");
  expect(agent.info?.max_payload).toBe(1024 * 1024);
  expect(() => agent.publish(`tandem.agents.${machine}.${agentName}.words`, new Uint8Array(1024 * 1024 + 1))).toThrow();
  await agent.close();
  const large = new Uint8Array(8 * 1024 * 1024 - 1_000);
  await link.nc.jetstream({ timeout: 10_000 }).publish(recordSubject("metrics", machine), large);
});
