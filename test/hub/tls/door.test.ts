import { once } from "node:events";
import { rmSync } from "node:fs";
import { request } from "node:http";
import { Agent, type RequestOptions, request as tlsRequest } from "node:https";
import { type AddressInfo, connect, type Socket } from "node:net";
import { setImmediate } from "node:timers/promises";
import { connect as tlsConnect } from "node:tls";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { Entrance, type Front } from "../../../hub/http/entrance.ts";
import { createLog } from "../../../hub/io/log.ts";
import type { TlsConfig } from "../../../hub/tls/config.ts";
import { createAuthority, type Issued } from "../../../ops/init/certificates.ts";
import { dayMs, TlsSite } from "../../support/tls-files.ts";
import { until } from "../../support/until.ts";

let site: TlsSite;
let own: Issued;
let peers: Issued;
beforeAll(() => {
  site = new TlsSite();
  own = site.issue("mainpc");
  peers = site.issue("pc2");
}, 60_000);
afterAll(() => site.remove());

/** Loopback counts as this machine whatever its address, so whoever comes from there is told as one of the network. */
const elsewhere = "127.0.2.7";
const says: Front = async (asked, response) => {
  let body = "";
  for await (const part of asked) body += part;
  response.end(`${asked.method} ${asked.url} ${body}`);
};

interface Opened {
  entrance: Entrance;
  at: { host: string; port: number };
  files: Omit<TlsConfig, "plain">;
  log: string[];
}

async function opened(
  plain: TlsConfig["plain"] = "here",
  deadlineMs = 5_000,
  port = 0,
  written = true,
): Promise<Opened> {
  const files = site.write("mainpc", own);
  if (!written) rmSync(files.keyFile);
  const log: string[] = [];
  const deadlines = { headerMs: deadlineMs, requestMs: 15_000, checkEveryMs: 100 };
  const tls = { tls: { ...files, plain }, machine: "mainpc", peer: "pc2", lookEveryMs: 20 };
  const entrance = new Entrance(
    createLog("mainpc", (line) => void log.push(line)),
    deadlines,
    [],
    undefined,
    tls,
  );
  await entrance.listen({ host: "127.0.0.1", port }, true);
  onTestFinished(() => entrance.close(false));
  entrance.server.prependListener("connection", (socket) => {
    if (socket.remoteAddress === elsewhere) Object.defineProperty(socket, "remoteAddress", { value: "192.0.2.7" });
  });
  entrance.open(says);
  const at = { host: "127.0.0.1", port: (entrance.server.address() as AddressInfo).port }; // a TCP server has one
  return { entrance, at, files, log };
}

interface Asked extends RequestOptions {
  body?: string;
}

const closed = (socket: Socket) =>
  new Promise<void>((resolve) => {
    socket
      .on("error", () => {})
      .resume()
      .once("close", () => resolve());
  });

const trust = () => ({ ca: site.authority.certificate });
const as = ({ certificate, privateKey }: Issued) => ({ ...trust(), cert: certificate, key: privateKey });

async function ask(by: typeof request, options: object, body = "") {
  const asked = by({ agent: false, headers: { "content-length": body.length }, ...options });
  asked.end(body);
  const [answer] = await once(asked, "response");
  let text = "";
  for await (const part of answer) text += part;
  return { status: answer.statusCode as number, text, headers: answer.headers as Record<string, string> };
}
const askTls = (options: Asked, body?: string) => ask(tlsRequest as typeof request, { ...trust(), ...options }, body);

describe("the hub's port with TLS", { timeout: 120_000 }, () => {
  it("answers by TLS and without on one port, a body of a megabyte included", async () => {
    const { at } = await opened();
    const body = "x".repeat(1_048_576);
    expect(await ask(request, { ...at, path: "/a", method: "PUT" }, body)).toMatchObject({ status: 200 });
    const answer = await askTls({ ...at, path: "/b", method: "PUT" }, body);
    expect(answer).toMatchObject({ status: 200, text: `PUT /b ${body}` });
  });

  it("resumes no session, also not after it has read its files", async () => {
    const { at } = await opened();
    const dial = (session?: Buffer) => tlsConnect({ ...at, ...trust(), maxVersion: "TLSv1.2", session });
    const first = dial();
    await once(first, "secureConnect");
    const session = first.getSession();
    first.destroy();
    const second = dial(session);
    await once(second, "secureConnect");
    expect(second.isSessionReused()).toBe(false);
    second.destroy();
  });

  it("answers a connection whose first bytes come one by one", async () => {
    const { at } = await opened();
    const plain = connect(at).setNoDelay(true);
    for (const byte of "GET /slow HTTP/1.0\r\n\r\n") {
      plain.write(byte);
      await setImmediate();
    }
    const [part] = await once(plain, "data");
    expect(String(part)).toContain("200 OK");
  });

  it("counts connections of either kind as one each, half-open handshakes too, and forgets them", async () => {
    const { entrance, at } = await opened();
    const secured = tlsConnect({ ...at, ...trust() });
    await once(secured, "secureConnect");
    const sockets = [connect(at), connect(at)];
    sockets[1]?.write(Buffer.from([0x16, 3, 1]));
    await until("all three", () => entrance.connections.open === 3);
    secured.destroy();
    await until("two", () => entrance.connections.open === 2);
    sockets[0]?.destroy();
    await until("one", () => entrance.connections.open === 1);
    sockets[1]?.destroy();
    await until("none", () => entrance.connections.open === 0);
  });

  it("ends whoever says nothing, or dribbles a handshake, once the deadline is over, and counts what came to nothing", async () => {
    const { entrance, at } = await opened("here", 300);
    const mute = connect(at);
    const dribbling = connect(at);
    // A record that claims to be long, so that each byte is awaited.
    dribbling.write(Buffer.from([0x16, 3, 1, 0x20, 0]));
    const timer = setInterval(() => dribbling.write(Buffer.from([1])), 20);
    await Promise.all([closed(mute), closed(dribbling)]);
    clearInterval(timer);
    await until("its count", () => entrance.door?.turnedAway.handshake === 1);
    await until("none", () => entrance.connections.open === 0);
    await closed(tlsConnect({ ...at, ca: [] }));
    await until("the next one", () => entrance.door?.turnedAway.handshake === 2);
    expect((await askTls(at)).status).toBe(200);
  });

  it("tells who comes from elsewhere without TLS what to do, and says so in the log once", async () => {
    const { entrance, at, log } = await opened();
    const from = { ...at, localAddress: elsewhere, headers: { host: "hub:9000" } };
    for (const body of ["", "x".repeat(100_000)]) {
      const { status, text, headers } = await ask(request, { ...from, method: "PUT", path: "/metrics/job/a" }, body);
      expect([status, headers.upgrade]).toEqual([426, "TLS/1.2"]);
      expect(text).toContain("from its own machine only: ask https://hub:9000");
    }
    expect((await askTls({ ...at, localAddress: elsewhere })).status).toBe(200);
    expect(entrance.door?.turnedAway.plain).toBe(2);
    expect(log.filter((line) => line.includes("tls.refused"))).toHaveLength(1);
  });

  it("takes plain requests from everybody, or from nobody, as it is told", async () => {
    const all = await opened("all");
    expect((await ask(request, { ...all.at, localAddress: elsewhere })).status).toBe(200);
    const none = await opened("none");
    expect(await ask(request, none.at)).toMatchObject({ status: 426 });
    expect((await askTls(none.at)).status).toBe(200);
  });

  it("answers what the hubs ask each other to the peer's certificate alone, and says who it was not", async () => {
    const { entrance, at, log } = await opened("all");
    const path = "/internal/v1/history";
    expect(await askTls({ ...at, path, ...as(peers) })).toMatchObject({ status: 200, text: `GET ${path} ` });
    const stranger = createAuthority({ name: "test CA", now: new Date() });
    const ended = new Date(Date.now() - 3 * dayMs);
    const refused: [object, string][] = [
      [{}, "no certificate is shown"],
      [as(own), "the certificate is of mainpc, not of pc2"],
      [as(site.issue("pc2", { authority: stranger })), "the certificate is not believed"],
      [as(site.issue("pc2", { now: ended, validDays: 1 })), "the certificate is not believed: CERT_HAS_EXPIRED"],
    ];
    for (const [shown, why] of refused) {
      const { status, text } = await askTls({ ...at, path, ...shown });
      expect([status, text]).toEqual([403, expect.stringContaining(why)]);
      // Nothing else is refused for it.
      expect((await askTls({ ...at, ...shown })).status).toBe(200);
    }
    expect(await ask(request, { ...at, path })).toMatchObject({ status: 403, text: expect.stringContaining("TLS") });
    expect(entrance.door?.turnedAway).toMatchObject({ "not-peer": 5, handshake: 0 });
    const [line, ...more] = log.filter((each) => each.includes("tls.refused"));
    expect([JSON.parse(line ?? ""), more]).toEqual([
      expect.objectContaining({ what: "not-peer", from: "127.0.0.1", reason: "no certificate is shown" }),
      [],
    ]);
  });

  it("takes a renewed certificate into use while clients ask, and no request of theirs fails", async () => {
    const { entrance, at, files } = await opened();
    const agent = new Agent({ keepAlive: true, maxSockets: 2, ...trust() });
    onTestFinished(() => agent.destroy());
    const shown = new Set<string>();
    let asking = true;
    let answered = 0;
    const client = async (kept: Agent | false) => {
      while (asking) {
        const body = "x".repeat(20_000);
        const asked = tlsRequest({ ...at, ...trust(), method: "PUT", agent: kept }).end(body);
        const [answer] = await once(asked, "response");
        shown.add(answer.socket.getPeerCertificate().fingerprint256);
        await once(answer.resume(), "end");
        expect(answer.statusCode).toBe(200);
        answered++;
      }
    };
    const clients = [agent, agent, false, false].map((kept) => client(kept as Agent | false));
    await until("20 answers", () => answered >= 20);
    const renewed = site.issue("mainpc");
    site.replace(files.certFile, renewed.certificate);
    await until("the complaint, since the key does not fit yet", () => entrance.door?.complaint !== undefined);
    const before = answered;
    await until("20 answers by the old one", () => answered >= before + 20);
    expect(shown.size).toBe(1);
    site.replace(files.keyFile, renewed.privateKey);
    await until("the new one", () => shown.size === 2);
    const after = answered;
    await until("20 answers by either", () => answered >= after + 20);
    asking = false;
    await Promise.all(clients);
    expect(entrance.door?.complaint).toBeUndefined();
    expect(entrance.door?.turnedAway.handshake).toBe(0);
  });

  it("leaves the old certificate in use when the new files are broken, each for its reason", async () => {
    const { entrance, at, files } = await opened();
    const stranger = createAuthority({ name: "another CA", now: new Date() });
    const broken: [string, Issued, RegExp][] = [
      ["no PEM", { ...own, certificate: "none" }, /mainpc\.pem holds no certificate in PEM/],
      ["another CA's", site.issue("mainpc", { authority: stranger }), /CA of .*mainpc\.ca has not issued/],
      ["another machine's", peers, /mainpc\.pem: the certificate is of pc2, not of mainpc/],
      ["ended", site.issue("mainpc", { now: new Date(Date.now() - 3 * dayMs), validDays: 1 }), /has ended/],
    ];
    for (const [what, issued, why] of broken) {
      site.replace(files.certFile, issued.certificate);
      site.replace(files.keyFile, issued.privateKey);
      await until(what, () => why.test(entrance.door?.complaint ?? ""));
      expect((await askTls(at)).status, what).toBe(200);
    }
    site.write("mainpc", own);
    await until("no complaint", () => entrance.door?.complaint === undefined);
  });

  it("carries what comes by TLS on a kept connection to the hub that follows, by TLS", async () => {
    const first = await opened();
    const agent = new Agent({ keepAlive: true, maxSockets: 1, ...as(peers) });
    onTestFinished(() => agent.destroy());
    const kept = (path: string, body = "") => askTls({ ...first.at, agent, path, method: "PUT" }, body);
    expect((await kept("/before")).headers.connection).toBe("keep-alive");
    const second = await opened("none", 5_000, first.at.port);
    await first.entrance.yieldTo(first.at);
    const answer = await kept("/late", "late");
    expect(answer).toMatchObject({ status: 200, text: "PUT /late late", headers: { connection: "close" } });
    expect((await askTls({ ...first.at, path: "/new" })).status).toBe(200);
    expect(second.entrance.door?.turnedAway).toEqual({ handshake: 0, plain: 0, "not-peer": 0 });
  });

  it.runIf(process.platform === "linux")(
    "yields with 40 handshakes under way, whose clients are all answered, by one or the other",
    async () => {
      const first = await opened();
      const clients = Array.from({ length: 40 }, () => connect(first.at));
      await Promise.all(clients.map((client) => once(client, "connect")));
      const texts = clients.map(async (socket) => {
        const secured = tlsConnect({ socket, ...trust(), host: "127.0.0.1" });
        secured.write("GET /held HTTP/1.1\r\nHost: hub\r\nConnection: close\r\n\r\n");
        let text = "";
        for await (const part of secured) text += part;
        return text;
      });
      const second = await opened("here", 5_000, first.at.port);
      await first.entrance.yieldTo(first.at);
      for (const text of await Promise.all(texts)) expect(text).toContain("GET /held");
      expect(second.entrance.door?.turnedAway.handshake).toBe(0);
    },
  );

  it("passes nothing on that only the peer may ask", async () => {
    const { entrance, at } = await opened();
    const agent = new Agent({ keepAlive: true, maxSockets: 1, ...as(peers) });
    onTestFinished(() => agent.destroy());
    await askTls({ ...at, agent });
    await entrance.yieldTo({ host: "127.0.0.1", port: 9 });
    expect(await askTls({ ...at, agent, path: "/internal/v1/history" })).toMatchObject({ status: 503 });
  });

  it("closes though a handshake stands half-open", async () => {
    const { entrance, at } = await opened();
    const half = connect(at);
    half.write(Buffer.from([0x16]));
    await until("it", () => entrance.connections.open === 1);
    await entrance.close(false);
    await closed(half);
  });

  it("hears no TLS while it has no certificate, and does once the files are there", async () => {
    const { entrance, at, log } = await opened("here", 5_000, 0, false);
    await expect(askTls(at)).rejects.toThrow();
    expect((await ask(request, at)).status).toBe(200);
    expect(log.filter((line) => line.includes("tls.unreadable"))).toHaveLength(1);
    site.write("mainpc", own);
    await until("material", () => entrance.door?.material !== undefined);
    expect((await askTls(at)).status).toBe(200);
  });
});
