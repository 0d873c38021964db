import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "nats";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AlertsView } from "../../hub/http/api.ts";
import { NotificationsView, TestAnswer } from "../../hub/http/notifications-json.ts";
import { NotificationsConfig } from "../../hub/notify/config.ts";
import type { Message } from "../../hub/notify/message.ts";
import { BarePair } from "../support/bare-pair.ts";
import { metricsOf } from "../support/local-pair.ts";
import { until } from "../support/until.ts";

describe("a pair that tells alerts to one webhook", { timeout: 180_000 }, () => {
  let dir: string;
  let pair: BarePair;
  let hook: Server;
  let got: Message[];
  let status = 200;
  let said = 0;

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), "tandem-notify-"));
    got = [];
    hook = createServer((request, response) => {
      let body = "";
      request.setEncoding("utf8").on("data", (text: string) => (body += text));
      request.on("end", () => {
        if (request.url === "/alive") said++;
        else if (status === 200) got.push(JSON.parse(body));
        response.writeHead(status).end();
      });
    });
    await new Promise<void>((resolve) => hook.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(hook.address() as AddressInfo).port}`; // it listens on TCP
    writeFileSync(join(dir, "hook.url"), `${url}/hook\n`);
    const notifications = NotificationsConfig.parse({
      channels: [{ kind: "webhook", name: "hook", urlFile: join(dir, "hook.url") }],
      deadMansSwitch: { url: `${url}/alive`, everySeconds: 1 },
    });
    pair = await BarePair.make(join(dir, "data"), { hubConfig: { notifications } });
    await pair.start();
  }, 180_000);

  afterAll(async () => {
    await pair?.stop();
    hook.closeAllConnections();
    hook.close();
    rmSync(dir, { recursive: true, force: true });
  });

  const linesOf = (subject: string) =>
    got.filter((message) => message.subject === subject).map(({ kind, alert }) => `${kind} ${alert}`);
  const arrives = async (subject: string, line: string) => {
    await until(line, () => linesOf(subject).includes(line), 60_000);
    // What would come twice, comes within the next reports.
    await new Promise((resolve) => setTimeout(resolve, 2_000));
  };
  const order = async (hub: string, method: string, path: string, body: unknown) =>
    await (await fetch(`${hub}${path}`, { method, body: JSON.stringify(body) })).json();
  const standing = async (hub: string) =>
    AlertsView.parse(await (await fetch(`${hub}/api/v1/alerts`)).json()).alerts.map(({ name }) => name);

  it("a test that is asked of a hub arrives and is marked, and both hubs say to the service outside that they live", async () => {
    for (const { hubUrl, name } of pair.both) {
      const answer = TestAnswer.parse(
        await order(hubUrl, "POST", "/api/v1/notifications/test", { severity: "urgent" }),
      );
      expect(answer).toMatchObject({ machine: name, ok: true, channels: [{ channel: "hook", ok: true, error: null }] });
      expect(got.at(-1)).toMatchObject({ kind: "test", severity: "urgent", machine: name });
    }
    await until("both dead-man's switches", () => said >= 4);
    got.length = 0;
  });

  it("while the hubs are linked, an alert and its end arrive once each, and on NATS once", async () => {
    const { pc2 } = pair.machines;
    const nc = await connect({ servers: `${pc2.at.nats.host}:${pc2.at.nats.port}` });
    const heard: string[] = [];
    nc.subscribe("observability.alerts.*", {
      callback: (_, message) => heard.push(`${message.subject} ${message.json<Message>().alert}`),
    });
    await pc2.parts.pushgateway.kill();
    await arrives("pc2", "raised pushgateway-lost");
    expect(got[0]).toMatchObject({ severity: "warning", machine: "pc2", runbook: "docs/runbooks/pushgateway-lost.md" });
    pc2.parts.pushgateway.start();
    await arrives("pc2", "resolved pushgateway-lost");
    expect(linesOf("pc2")).toEqual(["raised pushgateway-lost", "resolved pushgateway-lost"]);
    expect(heard).toEqual(["observability.alerts.warning pushgateway-lost"]);
    await nc.close();
    got.length = 0;
  });

  it("what a hub could not tell before it was killed is told by the other one, once, and not again after its restart", async () => {
    const { mainpc, pc2 } = pair.machines;
    status = 503;
    await pc2.parts.pushgateway.kill();
    await until("the alert at both hubs", async () =>
      (await Promise.all(pair.both.map(({ hubUrl }) => standing(hubUrl)))).every((names) =>
        names.includes("pushgateway-lost"),
      ),
    );
    await until("an attempt", async () => /failures_total\{channel="hook"\} [1-9]/.test(await metricsOf(pc2.hubUrl)));
    await pc2.parts.hub.kill();
    status = 200;
    await arrives("pc2", "raised pushgateway-lost");
    await arrives("pc2", "raised hub-lost");
    expect(got.filter(({ machine }) => machine !== "mainpc")).toEqual([]);
    pc2.parts.hub.start();
    await arrives("pc2", "resolved hub-lost");
    pc2.parts.pushgateway.start();
    await arrives("pc2", "resolved pushgateway-lost");
    expect(linesOf("pc2").toSorted()).toEqual(
      ["hub-lost", "pushgateway-lost"].flatMap((name) => [`raised ${name}`, `resolved ${name}`]).toSorted(),
    );
    await pair.inSync();
    const view = NotificationsView.parse(await (await fetch(`${mainpc.hubUrl}/api/v1/notifications`)).json());
    expect(view.channels).toMatchObject([{ name: "hook", kind: "webhook", queued: 0, error: null }]);
    got.length = 0;
  });

  it("what waits on disk is told after both hubs were killed, and a silence that one hub was told holds at the other", async () => {
    const { mainpc, pc2 } = pair.machines;
    const target = "pushgateway-lost pc2";
    const silence = { target, minutes: 10, reason: "e2e", by: "ann" };
    expect(await order(mainpc.hubUrl, "POST", "/api/v1/silences", silence)).toMatchObject({ target });
    await until(
      "the silence at pc2",
      async () => (await (await fetch(`${pc2.hubUrl}/api/v1/silences`)).json()).length === 1,
    );
    await pc2.parts.pushgateway.kill();
    await until("the alert", async () => (await standing(pc2.hubUrl)).includes("pushgateway-lost"));
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    expect(got).toEqual([]);
    await Promise.all(pair.both.map(({ parts }) => parts.hub.kill()));
    for (const { parts } of pair.both) parts.hub.start();
    await Promise.all(pair.both.map(({ parts }) => parts.hub.ready()));
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    expect(linesOf("pc2").filter((line) => line.includes("pushgateway"))).toEqual([]);
    await order(pc2.hubUrl, "DELETE", "/api/v1/silences", { target, by: "ann" });
    await arrives("pc2", "raised pushgateway-lost");
    expect(linesOf("pc2").filter((line) => line.includes("pushgateway"))).toEqual(["raised pushgateway-lost"]);
  });
});
