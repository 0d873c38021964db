import { once } from "node:events";
import { request } from "node:http";
import { Agent, type RequestOptions, request as tlsRequest } from "node:https";
import { type AddressInfo, connect } from "node:net";
import { connect as tlsConnect } from "node:tls";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { Entrance, type Front } from "../../../hub/http/entrance.ts";
import { createLog } from "../../../hub/io/log.ts";
import type { TlsConfig } from "../../../hub/tls/config.ts";
import { optionsTo } from "../../../hub/tls/dial.ts";
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

const elsewhere = "127.0.0.2";
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

/** A hub's port with TLS, whose addresses of loopback count as this machine's only where both ends are the same. */
async function opened(plain: TlsConfig["plain"] = "here", deadlineMs = 5_000, port = 0): Promise<Opened> {
  const files = site.write("mainpc", own);
  const log: string[] = [];
  const deadlines = { headerMs: deadlineMs, requestMs: 15_000, checkEveryMs: 100 };
  const tls = { tls: { ...files, plain }, machine: "mainpc", peer: "pc2", lookEveryMs: 20 };
  const entrance = new Entrance(
    createLog("mainpc", (line) => void log.push(line)),
    deadlines,
    [],
    tls,
  );
  await entrance.listen({ host: "127.0.0.1", port }, true);
  onTestFinished(() => entrance.close(false));
  entrance.open(says);
  const at = { host: "127.0.0.1", port: (entrance.server.address() as AddressInfo).port }; // a TCP server has one
  return { entrance, at, files, log };
}

interface Asked extends RequestOptions {
  body?: string;
}

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

describe("the hub's port with TLS", { timeout: 30_000 }, () => {
  it("answers by TLS and without on one port, a body of a megabyte included", async () => {
    const { at } = await opened();
    const body = "x".repeat(1_048_576);
    expect(await ask(request, { ...at, path: "/a", method: "PUT" }, body)).toMatchObject({ status: 200 });
    const answer = await askTls({ ...at, path: "/b", method: "PUT" }, body);
    expect(answer).toMatchObject({ status: 200, text: `PUT /b ${body}` });
  });

  it("answers a connection whose first bytes come one by one, with TLS and without", async () => {
    const { at } = await opened();
    const plain = connect(at);
    plain.setNoDelay(true);
    for (const byte of "GET /slow HTTP/1.0\r\n\r\n") plain.write(byte);
    const [part] = await once(plain, "data");
    expect(String(part)).toContain("200 OK");
    const { entrance } = await opened();
    expect(entrance.connections.open).toBe(0);
  });

  it("counts connections of either kind as one each, and forgets them", async () => {
    const { entrance, at } = await opened();
    const secured = tlsConnect({ ...at, ...trust() });
    await once(secured, "secureConnect");
    const plain = connect(at);
    await once(plain, "connect");
    await until("both", () => entrance.connections.open === 2);
    secured.destroy();
    plain.destroy();
    await until("none", () => entrance.connections.open === 0);
  });
});
