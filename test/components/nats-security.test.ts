/** Two real servers with keys and TLS: what each role may do, and that a changed key or certificate needs no restart. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { connect, type NatsConnection, nkeyAuthenticator } from "nats";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { SnapshotLine } from "../../hub/core/snapshot.ts";
import { acrossLink } from "../../hub/io/inboxes.ts";
import { createLog } from "../../hub/io/log.ts";
import { type ManifestDraft, SnapshotStore } from "../../hub/io/snapshot-store.ts";
import { ensureStreams } from "../../hub/io/streams.ts";
import { createAuthority, machineDays } from "../../ops/init/certificates.ts";
import { DocumentSide } from "../support/document-side.ts";
import { fault } from "../support/fault.ts";
import { Key, type SecuredNatsPair, type SecuredServer, startSecuredNatsPair } from "../support/secured-nats-pair.ts";
import { until } from "../support/until.ts";

let pair: SecuredNatsPair;
const open: NatsConnection[] = [];
/** Subjects that the server has forbidden to publish, by connection. */
const forbidden = new Map<NatsConnection, Set<string>>();
const as = async (server: SecuredServer, role: Parameters<SecuredServer["as"]>[0]) => {
  const nc = await server.as(role);
  open.push(nc);
  const subjects = new Set<string>();
  forbidden.set(nc, subjects);
  void noteRefusals(nc, subjects);
  return nc;
};

beforeAll(async () => {
  pair = await startSecuredNatsPair();
  await until("the leaf link", async () => (await pair.mainpc.leafs()).length === 1);
  for (const [self, peer] of [
    ["mainpc", "pc2"],
    ["pc2", "mainpc"],
  ] as const) {
    const nc = await as(pair[self], "hub");
    await ensureStreams(await nc.jetstreamManager({ checkAPI: false }), self, peer);
  }
}, 60_000);

afterAll(async () => {
  await Promise.all(open.map((nc) => nc.close()));
  await pair.stop();
});

describe("who connects", () => {
  it("a client without a key is refused, and so is one with a key that nobody knows", async () => {
    const servers = `127.0.0.1:${pair.mainpc.port}`;
    await expect(connect({ servers, reconnect: false })).rejects.toThrow("Authorization Violation");
    const authenticator = nkeyAuthenticator(Buffer.from(new Key().seed));
    await expect(connect({ servers, reconnect: false, authenticator })).rejects.toThrow("Authorization Violation");
  });

  it("the name in the link's certificate opens no client connection, with or without a password", async () => {
    for (const pass of [undefined, "", "x"]) {
      const attempt = connect({ servers: `127.0.0.1:${pair.mainpc.port}`, reconnect: false, user: "CN=pc2", pass });
      await expect(attempt).rejects.toThrow("Authorization Violation");
    }
  });
});

describe("what each role may do on mainpc", () => {
  it("the hub appends to its own stream and reads pc2's, and may not write as pc2 or delete a stream", async () => {
    const hub = await as(pair.mainpc, "hub");
    const js = hub.jetstream({ timeout: 2_000 });
    const ack = await js.publish("observability.metrics.mainpc.records", "one");
    expect(ack).toMatchObject({ stream: "observability-metrics", domain: "mainpc" });
    const peer = await until("pc2's streams", async () => {
      const jsm = await acrossLink(hub).jetstreamManager({ domain: "pc2", checkAPI: false, timeout: 1_000 });
      return jsm.streams.info("observability-metrics").catch(() => undefined);
    });
    expect(peer.config.subjects).toEqual(["observability.metrics.pc2.>"]);
    expect(await refused(hub, "observability.metrics.pc2.records")).toBe(true);
    expect(await refused(hub, "$JS.API.STREAM.DELETE.observability-metrics")).toBe(true);
    expect(await refused(hub, "$JS.pc2.API.STREAM.DELETE.observability-metrics")).toBe(true);
    expect(await refused(hub, "tandem.heartbeat.mainpc")).toBe(false);
    expect(await refused(hub, "tandem.beats.mainpc")).toBe(false);
    expect(await refused(hub, "tandem.beats.pc2")).toBe(true);
    // Of no stream of its own, whatever it may do to those.
    expect(await refused(hub, "$JS.API.STREAM.CREATE.somewhere")).toBe(true);
    expect(await refused(hub, "$JS.API.STREAM.PURGE.KV_tandem-documents-mainpc")).toBe(true);
    expect(await refused(hub, "$JS.API.CONSUMER.CREATE.somewhere")).toBe(true);
    expect(await refused(hub, "$JS.pc2.API.STREAM.INFO.somewhere")).toBe(true);
  });

  it("the hubs write documents into the buckets of their own machines, and each comes to hold both", async () => {
    const start = async (machine: "mainpc" | "pc2") => {
      const seedFile = join(pair[machine].folder, "hub.nk");
      writeFileSync(seedFile, pair[machine].keys.hub.seed);
      return await DocumentSide.start(machine, pair, seedFile);
    };
    const [mainpc, pc2] = await Promise.all([start("mainpc"), start("pc2")]);
    await until("2 copies of either", async () => {
      const written = await Promise.all([mainpc.write("mainpc/A", 1), pc2.write("pc2/B", 2)]);
      return written.every((outcome) => outcome.kind === "stored" && outcome.copies === 2);
    });
    await until("both at both", () => [mainpc, pc2].every(({ store }) => store.count === 2 && store.peerLag === 0));
    await Promise.all([mainpc.stop(), pc2.stop()]);
    const hub = await as(pair.mainpc, "hub");
    const documents = "tandem-documents";
    expect(await refused(hub, `$KV.${documents}-mainpc.drill.eA`)).toBe(false);
    expect(await refused(hub, `$KV.${documents}-pc2.drill.eA`)).toBe(true);
    expect(await refused(hub, `$JS.API.STREAM.PURGE.KV_${documents}-mainpc`)).toBe(true);
    const agent = await as(pair.mainpc, "agent");
    expect(await refused(agent, `$KV.${documents}-mainpc.drill.eA`)).toBe(true);
    expect(await refused(agent, `$JS.API.DIRECT.GET.KV_${documents}-mainpc`)).toBe(true);
  });

  it("the hub goes on writing snapshots after one that was cut off, and deletes no message of another stream", async () => {
    const hub = await as(pair.mainpc, "hub");
    const log = createLog("mainpc", () => {});
    const store = new SnapshotStore("mainpc", hub, log);
    await store.ensure();
    const draft: ManifestDraft = { atMs: 0, places: {}, covers: {}, settled: {}, purgeMarks: {}, copied: {} };
    const held: [string, [number, number][]][] = [["a".repeat(130_000), [[1, 7]]]];
    const noted: SnapshotLine = { is: "noted", stream: "metrics", origin: "mainpc", held, duplicates: 0 };
    const whole = async function* () {
      for (let i = 0; i < 8; i++) yield noted;
    };
    const cutOff = async function* () {
      yield* whole();
      throw new Error("cut off");
    };
    await store.write(whole(), () => draft);
    await expect(store.write(cutOff(), () => draft)).rejects.toThrow("cut off");
    await store.write(whole(), () => draft);
    expect(await refused(hub, "$JS.API.STREAM.MSG.DELETE.observability-metrics")).toBe(true);
  });

  it("an agent writes no record, reads no stream and hears no inbox but its own", async () => {
    const agent = await as(pair.mainpc, "agent");
    expect(await refused(agent, "observability.metrics.mainpc.records")).toBe(true);
    expect(await refused(agent, "$JS.API.STREAM.INFO.observability-metrics")).toBe(true);
    expect(await refused(agent, "$JS.API.CONSUMER.CREATE.observability-metrics")).toBe(true);
    expect(await refused(agent, "tandem.heartbeat.mainpc")).toBe(true);
    expect(await refused(agent, "tandem.agents.mainpc.Tutor.words")).toBe(false);
    expect(await refused(agent, "tandem.agents.mainpc.Twin.words")).toBe(true);
    expect(await refused(agent, "_INBOX.agents.Twin.answer")).toBe(true);
    const others = ["tandem.agents.mainpc.Twin.>", "_INBOX.agents.Twin.>", "tandem.agents.mainpc.>"];
    for (const subject of ["_INBOX.>", "observability.>", "tandem.copy.>", "tandem.beats.*", ...others]) {
      const subscription = agent.subscribe(subject);
      const ended = await (async () => {
        for await (const _ of subscription);
      })().catch((error: unknown) => String(error));
      expect(ended, subject).toContain("Permissions Violation");
    }
  });

  it("an operator sees the records that the hub has stored", async () => {
    const operator = await as(pair.mainpc, "operator");
    const jsm = await operator.jetstreamManager({ checkAPI: false });
    expect((await jsm.streams.info("observability-metrics")).state.messages).toBe(1);
  });
});

describe("the link", () => {
  it("carries heartbeats and beats both ways and no other subject of pc2", async () => {
    const [here, there] = [await as(pair.mainpc, "operator"), await as(pair.pc2, "operator")];
    const heard: string[] = [];
    here.subscribe(">", { callback: (_, { subject }) => void heard.push(subject) });
    for (const subject of ["tandem.heartbeat.mainpc", "tandem.beats.mainpc"])
      there.subscribe(subject, { callback: (_, message) => void heard.push(`there ${message.subject}`) });
    await Promise.all([here.flush(), there.flush()]);
    await until("both kinds both ways", async () => {
      there.publish("other.subject", "x");
      for (const kind of ["heartbeat", "beats"]) {
        there.publish(`tandem.${kind}.pc2`, "x");
        here.publish(`tandem.${kind}.mainpc`, "x");
      }
      return ["heartbeat", "beats"].every(
        (kind) => heard.includes(`tandem.${kind}.pc2`) && heard.includes(`there tandem.${kind}.mainpc`),
      );
    });
    expect(heard).not.toContain("other.subject");
  });

  it.each([
    [
      "of another CA",
      () => ({ authority: createAuthority({ name: "another CA", now: new Date() }) }),
      /TLS leafnode handshake error/,
    ],
    ["for another name than pc2", () => ({ name: "pc3" }), /Authorization Violation|authentication error/i],
  ])("a certificate %s opens no link, the right one does again, and pc2 only reloads", async (_, other, said) => {
    pair.certifyPc2(other());
    await pair.pc2.reload();
    const before = pair.mainpc.log().length;
    await redial();
    await until("the refusal", () => said.test(pair.mainpc.log().slice(before)));
    expect(await pair.mainpc.leafs()).toEqual([]);
    pair.certifyPc2();
    await pair.pc2.reload();
    await connected("with the right certificate");
  });

  it("a certificate that ran out yesterday opens no link, a renewed one does, and pc2 only reloads", async ({
    task,
  }) => {
    const dayMs = 86_400_000;
    pair.certifyPc2({ now: new Date(Date.now() - (machineDays + 1) * dayMs) });
    await pair.pc2.reload();
    const before = pair.mainpc.log().length;
    await redial();
    await until("the refusal", () => /certificate has expired/.test(pair.mainpc.log().slice(before)));
    const links = (await pair.mainpc.leafs()).length;
    expect(links).toBe(0);
    const renewedAtMs = performance.now();
    pair.certifyPc2();
    await pair.pc2.reload();
    await connected("with the renewed certificate");
    fault(task, "certificate-expired", { links, linkedAfterMs: Math.round(performance.now() - renewedAtMs) });
  });
});

/** Cuts the link, so that pc2 has to show its certificate again. */
async function redial(): Promise<void> {
  await pair.mainpc.kill();
  await pair.mainpc.start();
}

async function connected(what: string): Promise<void> {
  await until(`the leaf link ${what}`, async () => (await pair.mainpc.leafs()).length === 1);
}

/** Whether the server forbids this connection to publish there; it says so before it answers the flush. */
async function refused(nc: NatsConnection, subject: string): Promise<boolean> {
  nc.publish(subject, "x");
  await nc.flush();
  // What came with the answer is passed on by the client a little later.
  await nc.flush();
  return forbidden.get(nc)?.has(subject) ?? false;
}

async function noteRefusals(nc: NatsConnection, subjects: Set<string>): Promise<void> {
  for await (const { permissionContext } of nc.status()) {
    if (permissionContext?.operation === "publish") subjects.add(permissionContext.subject);
  }
}
