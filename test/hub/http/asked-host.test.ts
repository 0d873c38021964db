import { once } from "node:events";
import { request } from "node:http";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { whyNotHost } from "../../../hub/http/asked-host.ts";
import { type PushServer, startPushServer } from "./push-api-server.ts";

describe("the name that a hub is asked by", () => {
  const answers = (header: string | undefined) => whyNotHost(header, new Set(["hub.example.org"])) === undefined;

  it("may be an address, one of this network, one that is configured, or none", () => {
    const hosts = ["192.0.2.10:9000", "[2001:db8::1]:9000", "[::1]", "localhost:9000", "mainpc", "MainPC:9000"];
    hosts.push("hub.example.org:9000", "Hub.Example.org.", "mainpc.local", "pc2.home.arpa", "mainpc.lan:9000");
    expect([...hosts, undefined].filter((host) => !answers(host))).toEqual([]);
  });

  it("may be no other public name, however it is written", () => {
    const hosts = [
      "evil.example.com",
      "evil.example.com:9000",
      "192.0.2.10.evil.example.com",
      "hub.example.org.evil.com",
    ];
    hosts.push("[::1].evil.com", "local.evil.com", "xlan.com", "evil.com.");
    expect(hosts.filter((host) => answers(host))).toEqual([]);
  });
});

describe("a hub that a browser asks for another site", () => {
  let hub: PushServer;
  beforeEach(async () => {
    hub = await startPushServer({ pageOrigins: ["http://192.0.2.20:9100"] });
  });
  afterEach(() => hub.close());

  const send = async (headers: Record<string, string>, path = "/metrics/job/a", method = "POST") => {
    const asked = request(`${hub.url}${path}`, { method, headers });
    asked.end(method === "POST" ? "a 1\n" : undefined);
    const [answer] = await once(asked, "response");
    answer.resume();
    return answer.statusCode;
  };

  it("takes no push of a page that is not its own or its peer's, and those of programs as ever", async () => {
    const { host } = new URL(hub.url);
    const foreign: Record<string, string>[] = [
      { origin: "http://evil.example.com" },
      { origin: "null" },
      { origin: `http://${host.replace(/:\d+$/, ":3000")}` },
      { "sec-fetch-site": "cross-site" },
      { "sec-fetch-site": "same-site" },
      { origin: `http://${host}`, "sec-fetch-site": "cross-site" },
    ];
    for (const headers of foreign) expect(await send(headers), JSON.stringify(headers)).toBe(403);
    expect(await send({ origin: "http://evil.example.com" }, "/metrics/job/a", "DELETE")).toBe(403);
    expect(hub.appended).toEqual([]);
    const own: Record<string, string>[] = [
      {},
      { origin: `http://${host}` },
      { origin: "http://192.0.2.20:9100" },
      { "sec-fetch-site": "none" },
    ];
    for (const headers of own) expect(await send(headers), JSON.stringify(headers)).toBe(200);
  });

  it("answers nothing to a public name that somebody has pointed at it", async () => {
    const host = "evil.example.com:9000";
    for (const path of ["/", "/metrics", "/api/v1/fleet", "/livez"])
      expect(await send({ host }, path, "GET"), path).toBe(421);
    expect(await send({ host })).toBe(421);
    expect(hub.appended).toEqual([]);
    expect(await send({ host: "mainpc:9000" }, "/livez", "GET")).toBe(200);
  });

  it("lets no answer be taken for something else, a refusal that repeats the path among them", async () => {
    for (const path of ["/metrics/job/a", "/nothing/<script>", "/api/v1/metrics", "/livez"]) {
      const answer = await fetch(`${hub.url}${path}`);
      expect(answer.headers.get("x-content-type-options"), path).toBe("nosniff");
      await answer.body?.cancel();
    }
  });
});
