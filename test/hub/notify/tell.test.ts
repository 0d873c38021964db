import { createHmac } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SMTPServer, type SMTPServerOptions } from "smtp-server";
import { expect, it, onTestFinished } from "vitest";
import { ChannelConfig, NotificationsConfig } from "../../../hub/notify/config.ts";
import { messageOfNotice } from "../../../hub/notify/message.ts";
import { tell } from "../../../hub/notify/tell.ts";
import { createAuthority, issueCertificate } from "../../../ops/init/certificates.ts";
import { freePorts } from "../../support/free-ports.ts";
import { httpReceiver } from "./http-receiver.ts";

const teller = { machine: "mainpc", page: "http://192.0.2.10:9000/" };
const message = messageOfNotice(
  {
    id: "mh1-0 nats-lost pc2",
    kind: "raised",
    name: "nats-lost",
    subject: "pc2",
    severity: "urgent",
    message: "the NATS of pc2 is dead: <connection refused> @here",
    origin: "pc2",
    sinceMs: Date.UTC(2026, 0, 1),
    atMs: Date.UTC(2026, 0, 1),
    dueMs: Date.UTC(2026, 0, 1),
  },
  teller,
);

function fileWith(text: string): string {
  const dir = mkdtempSync(join(tmpdir(), "tandem-secret-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  writeFileSync(join(dir, "secret"), `${text}\n`);
  return join(dir, "secret");
}

async function closedPort(): Promise<number> {
  const [port = 0] = await freePorts(1);
  return port;
}

const telling = (config: unknown, ms = 5_000) => tell(ChannelConfig.parse(config), message, AbortSignal.timeout(ms));

it("a webhook gets JSON that says what, where, since when, impact and runbook, signed by the key of a file", async () => {
  const receiver = await httpReceiver();
  await telling({ kind: "webhook", name: "hook", url: `${receiver.url}/in`, keyFile: fileWith("a key") });
  const [first] = receiver.received;
  if (first === undefined) throw new Error("nothing came");
  const { path, headers, body } = first;
  expect(path).toBe("/in");
  expect(JSON.parse(body)).toEqual({
    v: 1,
    id: "mh1-0 nats-lost pc2",
    kind: "raised",
    alert: "nats-lost",
    severity: "urgent",
    subject: "pc2",
    since: "2026-01-01T00:00:00.000Z",
    at: "2026-01-01T00:00:00.000Z",
    message: "the NATS of pc2 is dead: <connection refused> @here",
    impact: "That machine's records go to its spool on disk, with a single copy until NATS is back.",
    runbook: "docs/runbooks/nats-lost.md",
    ...teller,
  });
  const [, seconds = "", mac = ""] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(headers["tandem-signature"])) ?? [];
  expect(createHmac("sha256", "a key").update(`${seconds}.${body}`).digest("hex")).toBe(mac);
  expect(Math.abs(Number(seconds) - Date.now() / 1_000)).toBeLessThan(60);
});

it("ntfy gets topic, title, priority and the page to open, by the token of a file", async () => {
  const receiver = await httpReceiver();
  await telling({
    kind: "ntfy",
    name: "phone",
    urlFile: fileWith(`${receiver.url}/base/topic-1`),
    tokenFile: fileWith("tk_1"),
  });
  expect(receiver.received[0]).toMatchObject({ path: "/base", headers: { authorization: "Bearer tk_1" } });
  expect(JSON.parse(receiver.received[0]?.body ?? "")).toMatchObject({
    topic: "topic-1",
    title: "URGENT: nats-lost of pc2",
    priority: 5,
    tags: ["rotating_light"],
    click: teller.page,
  });
});

it("a Slack room gets one text, in which an agent's words call nobody and are no markup", async () => {
  const receiver = await httpReceiver();
  await telling({ kind: "slack", name: "room", urlFile: fileWith(`${receiver.url}/services/T0/B0/x`) });
  const { text } = JSON.parse(receiver.received[0]?.body ?? "");
  expect(text).toContain("*URGENT: nats-lost of pc2*\nthe NATS of pc2 is dead: &lt;connection refused&gt; @\u200bhere");
  expect(text).toContain("Runbook: docs/runbooks/nats-lost.md");
});

async function mailServer(options: SMTPServerOptions = {}) {
  const mails: string[] = [];
  const server = new SMTPServer({
    authOptional: true,
    onAuth: ({ username, password }, _, done) =>
      username === "ann" && password === "pass word" ? done(null, { user: "ann" }) : done(new Error("wrong password")),
    onData: (stream, _, done) => {
      let text = "";
      stream.setEncoding("utf8").on("data", (part: string) => (text += part));
      stream.on("end", () => {
        mails.push(text);
        done();
      });
    },
    ...options,
  });
  server.on("error", () => {});
  server.listen(0, "127.0.0.1");
  await once(server.server, "listening");
  onTestFinished(() => new Promise<void>((resolve) => server.close(resolve)));
  const { port } = server.server.address() as AddressInfo; // it listens on a port
  return { port, mails };
}

const mail = { kind: "smtp", name: "mail", host: "127.0.0.1", from: "tandem@example.org", to: ["ann@example.org"] };

it("a mail server gets one mail with a Message-ID that stays the same when it is sent again", async () => {
  const { port, mails } = await mailServer({ disabledCommands: ["STARTTLS", "AUTH"] });
  await telling({ ...mail, port, tls: "none" });
  await telling({ ...mail, port, tls: "none" });
  expect(mails).toHaveLength(2);
  expect(mails[0]).toMatch(/^Subject: URGENT: nats-lost of pc2\r$/m);
  expect(mails[0]).toMatch(/^To: ann@example\.org\r$/m);
  expect(mails[0]).toContain("Impact: That machine's records go to its");
  const ids = mails.map((text) => /^Message-ID: (<\S+>)/im.exec(text)?.[1]);
  expect(ids[0]).toMatch(/^<[0-9a-f]{32}@tandem>$/);
  expect(ids[1]).toBe(ids[0]);
});

it("a mail server that has the mail and is slow to say so counts as told; one that is slow before it gets none", async () => {
  const disabledCommands = ["STARTTLS", "AUTH"];
  const slow = await mailServer({ disabledCommands, onData: (stream) => void stream.resume() });
  await telling({ ...mail, port: slow.port, tls: "none" }, 2_000);
  let proceed = () => {};
  const late = await mailServer({ disabledCommands, onMailFrom: (_, __, done) => (proceed = done) });
  await expect(telling({ ...mail, port: late.port, tls: "none" }, 1_000)).rejects.toThrow("no answer in time");
  proceed();
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(late.mails).toEqual([]);
});

it("a mail server whose certificate the site's CA signed gets password and mail, by STARTTLS", async () => {
  const authority = createAuthority({ name: "test CA", now: new Date() });
  const signed = { machine: "mail", address: "127.0.0.1", now: new Date() };
  const { certificate: cert, privateKey: key } = issueCertificate(authority, signed);
  const { port, mails } = await mailServer({ cert, key, authOptional: false });
  const config = { ...mail, port, user: "ann", caFile: fileWith(authority.certificate) };
  await expect(telling({ ...config, passwordFile: fileWith("another") })).rejects.toThrow(/wrong password/);
  await telling({ ...config, passwordFile: fileWith("pass word") });
  expect(mails).toHaveLength(1);
});

it("a mail server without STARTTLS, or with a certificate that nobody vouches for, gets neither mail nor password", async () => {
  const passwordFile = fileWith("pass word");
  const bare = await mailServer({ disabledCommands: ["STARTTLS"] });
  await expect(telling({ ...mail, port: bare.port, user: "ann", passwordFile })).rejects.toThrow(/STARTTLS/i);
  const selfSigned = await mailServer();
  const refused = telling({ ...mail, port: selfSigned.port, user: "ann", passwordFile });
  await expect(refused).rejects.toThrow(/certificate/i);
  expect([...bare.mails, ...selfSigned.mails]).toEqual([]);
});

it("what a server refuses is an error with its words, and neither URL, token nor password is in it", async () => {
  const receiver = await httpReceiver();
  receiver.status = 403;
  const urlFile = fileWith(`${receiver.url}/services/SECRET`);
  const slack = telling({ kind: "slack", name: "room", urlFile });
  await expect(slack).rejects.toThrow(/^it answered 403$/);
  const nowhere = telling({ kind: "slack", name: "room", urlFile: fileWith("SECRET is no URL") });
  await expect(nowhere).rejects.toThrow(/holds no http or https URL$/);
  const closed = telling({ kind: "webhook", name: "hook", url: `http://127.0.0.1:${await closedPort()}/SECRET` });
  await expect(closed).rejects.toThrow(/^connect ECONNREFUSED 127\.0\.0\.1:\d+$/);
  const missing = telling({ kind: "slack", name: "room", urlFile: "/nowhere/room.url" });
  await expect(missing).rejects.toThrow("/nowhere/room.url cannot be read: ENOENT");
});

it("user and password of a URL go by a header, and are in no error", async () => {
  const receiver = await httpReceiver();
  const url = `${receiver.url.replace("http://", "http://ann:pass%20word@")}/in`;
  await telling({ kind: "webhook", name: "hook", url });
  const authorization = `Basic ${Buffer.from("ann:pass word").toString("base64")}`;
  expect(receiver.received[0]).toMatchObject({ path: "/in", headers: { authorization } });
  const closed = `http://ann:SECRET@127.0.0.1:${await closedPort()}/in`;
  for (const address of [{ url: closed }, { urlFile: fileWith(closed) }])
    await expect(telling({ kind: "webhook", name: "hook", ...address })).rejects.toThrow(
      /^connect ECONNREFUSED [\d.:]+$/,
    );
});

it("a token with control characters, or letters that no header takes, is refused without a word of it", async () => {
  const receiver = await httpReceiver();
  const token = (text: string) =>
    telling({ kind: "ntfy", name: "phone", url: `${receiver.url}/topic`, tokenFile: fileWith(text) });
  await expect(token("SECRET\nand more")).rejects.toThrow(
    /^\S+ holds more than one line, or other control characters$/,
  );
  await expect(token("SECRET’")).rejects.toThrow(/^it could not be sent$/);
});

it("a server that repeats path, query or password gets its answer cut, and of one whose URL is secret nothing is said", async () => {
  const receiver = await httpReceiver();
  receiver.status = 404;
  const url = `${receiver.url.replace("http://", "http://ann:WORD@")}/hooks/SECRET?key=SECRET`;
  receiver.says = "Cannot POST /hooks/SECRET?key=SECRET for ann:WORD of /hooks/SECRET";
  const named = telling({ kind: "webhook", name: "hook", url });
  await expect(named).rejects.toThrow(/^it answered 404: Cannot POST …… for … of …$/);
  const secret = telling({ kind: "webhook", name: "hook", urlFile: fileWith(url) });
  await expect(secret).rejects.toThrow(/^it answered 404$/);
});

it("a server that never answers is given up at the deadline", async () => {
  const receiver = await httpReceiver();
  receiver.status = undefined;
  await expect(telling({ kind: "webhook", name: "hook", url: receiver.url }, 100)).rejects.toThrow("no answer in time");
});

it("a redirect is not followed: what a site named is where it goes", async () => {
  const [receiver, elsewhere] = [await httpReceiver(), await httpReceiver()];
  receiver.location = `${elsewhere.url}/stolen`;
  // 307 would take the body along.
  for (const status of [302, 307]) {
    receiver.status = status;
    const told = telling({ kind: "webhook", name: "hook", url: receiver.url });
    await expect(told).rejects.toThrow(`it answered ${status}`);
  }
  expect(elsewhere.received).toEqual([]);
});

it("a channel has one address, its password goes over TLS only, and no two have one name", () => {
  const refused = (config: unknown) => ChannelConfig.safeParse(config).success;
  expect(refused({ kind: "slack", name: "room" })).toBe(false);
  expect(refused({ kind: "slack", name: "room", url: "http://a/", urlFile: "/a" })).toBe(false);
  expect(refused({ ...mail, tls: "none", user: "ann", passwordFile: "/a" })).toBe(false);
  expect(refused({ ...mail, user: "ann" })).toBe(false);
  const hook = { kind: "webhook", name: "hook", url: "http://a/" };
  const together = (...channels: unknown[]) => NotificationsConfig.safeParse({ channels }).success;
  expect([together(hook, { ...hook, name: "other" }), together(hook, hook)]).toEqual([true, false]);
});
