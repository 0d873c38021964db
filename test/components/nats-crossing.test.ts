/** What a machine's NATS keeps to itself although the other end of the link lets everything through: each end restricts for itself. */
import { type NatsConnection, StringCodec } from "nats";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { linkInboxes, ownInboxes } from "../../hub/core/inbox-names.ts";
import { feed } from "../../hub/io/feed.ts";
import { acrossLink } from "../../hub/io/inboxes.ts";
import { ensureStreams, recordSubject } from "../../hub/io/streams.ts";
import { agentName, type Role, type SecuredNatsPair, startSecuredNatsPair } from "../support/secured-nats-pair.ts";
import { until } from "../support/until.ts";

type Machine = "mainpc" | "pc2";

let pair: SecuredNatsPair;
const open: NatsConnection[] = [];
const as = async (machine: Machine, role: Role) => {
  const nc = await pair[machine].as(role);
  open.push(nc);
  return nc;
};

beforeAll(async () => {
  pair = await startSecuredNatsPair();
  for (const [self, peer] of [
    ["mainpc", "pc2"],
    ["pc2", "mainpc"],
  ] as const) {
    const nc = await as(self, "hub");
    await ensureStreams(await nc.jetstreamManager({ checkAPI: false }), self, peer);
    await nc.jetstream().publish(recordSubject("metrics", self), "one");
  }
  await until("the leaf link", async () => (await pair.mainpc.leafs()).length === 1);
}, 60_000);

afterAll(async () => {
  await Promise.all(open.map((nc) => nc.close()));
  await pair.stop();
});

/** What each end keeps to itself, asked from the other one by somebody who may everything there. */
const subjectsOf = (machine: Machine, peer: Machine) => [
  recordSubject("metrics", machine),
  `tandem.copy.metrics.${peer}`,
  `tandem.snapshot.${machine}.manifest`,
  `$KV.tandem-documents-${machine}.drill.eA`,
  `tandem.agents.${machine}.${agentName}.words`,
  `tandem.heartbeat.${machine}`,
  `tandem.beats.${machine}`,
  `${ownInboxes(machine)}.someone`,
  `_INBOX.agents.${agentName}.someone`,
  "_INBOX.someone",
];

describe.each([
  ["pc2, which dials,", "pc2", "mainpc"],
  ["mainpc, which listens,", "mainpc", "pc2"],
] as const)("%s", (_, self, peer) => {
  beforeAll(async () => {
    await pair[peer].opensTheLink();
    await until("the way over", async () => (await heardAt(self, peer, [])).includes("marker"));
  });
  afterAll(async () => {
    pair[peer].authorize({});
    await pair[peer].reload();
  });

  it("deletes and purges no stream by the other's word, tells of none but those that are copied, and lets these be read", async () => {
    const there = await as(peer, "operator");
    const ask = async (call: string) => {
      const reply = there.request(`$JS.${self}.API.${call}`, "", { noMux: true, reply: inbox(peer), timeout: 700 });
      return await reply.then((message) => StringCodec().decode(message.data)).catch((error: Error) => error.message);
    };
    await until("an answer", async () => (await ask("STREAM.INFO.observability-metrics")).includes('"messages":'));
    for (const call of [
      "STREAM.DELETE",
      "STREAM.PURGE",
      "STREAM.UPDATE",
      "CONSUMER.LIST",
      "CONSUMER.NAMES",
      "DIRECT.GET",
    ])
      expect(await ask(`${call}.observability-metrics`), call).toMatch(/TIMEOUT|503/);
    for (const call of [
      "STREAM.NAMES",
      "STREAM.LIST",
      "INFO",
      "STREAM.INFO.somewhere",
      "STREAM.CREATE.somewhere",
      "CONSUMER.DELETE.observability-metrics.x",
    ])
      expect(await ask(call), call).toMatch(/TIMEOUT|503/);
    expect(await ask("STREAM.INFO.observability-metrics")).toContain('"messages":1');
  });

  it("takes no record, copy, document, word or answer of its own from the other's server", async () => {
    const heard = await heardAt(self, peer, subjectsOf(self, peer));
    expect(heard).toContain("marker");
    expect(heard.filter((subject) => subject !== "marker")).toEqual([]);
    const jsm = await (await as(self, "operator")).jetstreamManager({ checkAPI: false });
    expect((await jsm.streams.info("observability-metrics")).state.messages).toBe(1);
  });

  it("lets the other's server hear none of its inboxes, of what its agents say, or of what it stores", async () => {
    const heard = await heardAt(peer, self, [
      ...subjectsOf(self, peer).filter((s) => !/heartbeat|beats|^_INBOX\.someone/.test(s)),
      `${linkInboxes(self)}.someone`,
    ]);
    expect(heard).toContain("marker");
    expect(heard.filter((subject) => subject !== "marker")).toEqual([]);
  });
});

describe("across the link", () => {
  it.each([
    ["mainpc", "pc2"],
    ["pc2", "mainpc"],
  ] as const)(
    "the hub of %s is fed 40 MB of %s's records, slowed down by what it has not taken",
    async (self, peer) => {
      const writer = (await as(peer, "hub")).jetstream();
      const large = new Uint8Array(1024 * 1024).fill(1);
      for (let i = 0; i < 40; i++) await writer.publish(recordSubject("alerts", peer), large);
      const across = acrossLink(await as(self, "hub"));
      const jsm = await across.jetstreamManager({ domain: peer, checkAPI: false });
      const { signal } = new AbortController();
      let bytes = 0;
      for await (const { data } of feed(across, jsm, "observability-alerts", 1, signal, { untilCaughtUp: true }))
        bytes += data.length;
      expect(bytes).toBe(40 * large.length);
      for (const server of [pair.mainpc, pair.pc2]) expect(server.log()).not.toMatch(/slow consumer/i);
    },
  );

  it("agents of either machine hear an alert that is said on one, once, and operators hear and tell agents", async () => {
    const heard: string[] = [];
    for (const machine of ["mainpc", "pc2"] as const) {
      const agent = await as(machine, "agent");
      agent.subscribe("observability.alerts.urgent", {
        callback: (_, m) => void heard.push(`${machine} ${m.string()}`),
      });
      agent.subscribe(`tandem.agents.${machine}.${agentName}.tell`, {
        callback: (_, m) => void heard.push(m.string()),
      });
      await agent.flush();
      const operator = await as(machine, "operator");
      operator.subscribe("tandem.agents.>", { callback: (_, m) => void heard.push(`operator ${m.string()}`) });
      await operator.flush();
      agent.publish(`tandem.agents.${machine}.${agentName}.words`, machine);
      await until("the words", () => heard.includes(`operator ${machine}`));
      operator.publish(`tandem.agents.${machine}.${agentName}.tell`, `told ${machine}`);
      await until("what the agent was told", () => heard.includes(`told ${machine}`));
    }
    for (const machine of ["mainpc", "pc2"] as const) {
      const hub = await as(machine, "hub");
      const other = machine === "mainpc" ? "pc2" : "mainpc";
      await until("the alert at the other", () => {
        hub.publish("observability.alerts.urgent", `early ${machine}`);
        return heard.includes(`${other} early ${machine}`);
      });
      hub.publish("observability.alerts.urgent", `fire ${machine}`);
      hub.publish("observability.alerts.urgent", `end ${machine}`);
      for (const at of ["mainpc", "pc2"]) await until("the end", () => heard.includes(`${at} end ${machine}`));
      for (const at of ["mainpc", "pc2"])
        expect(heard.filter((one) => one === `${at} fire ${machine}`)).toHaveLength(1);
    }
  });
});

const inbox = (machine: Machine) => `${linkInboxes(machine)}.${Math.random().toString(36).slice(2)}`;

/** What somebody at `at`, who may hear everything there, hears of these, which somebody at `from` says, and then a heartbeat. */
async function heardAt(at: Machine, from: Machine, subjects: readonly string[]): Promise<string[]> {
  const [listener, speaker] = [await as(at, "operator"), await as(from, "operator")];
  const heard: string[] = [];
  const marker = `tandem.heartbeat.${from}`;
  let said = "";
  listener.subscribe(">", {
    callback: (_, { subject, data }) => {
      const text = StringCodec().decode(data);
      if (subject === marker && text === said) heard.push("marker");
      else if (text === "said") heard.push(subject);
    },
  });
  await listener.flush();
  const say = async (text: string) => {
    said = text;
    const before = heard.length;
    await until("the marker", () => {
      speaker.publish(marker, text);
      return heard.length > before;
    });
  };
  await say("first");
  heard.length = 0;
  for (const subject of subjects) speaker.publish(subject, "said");
  await say("last");
  return [...new Set(heard)];
}
