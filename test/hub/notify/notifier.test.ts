import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import type { Alert } from "../../../hub/core/record.ts";
import { createLog } from "../../../hub/io/log.ts";
import type { Message } from "../../../hub/notify/message.ts";
import { Notifier } from "../../../hub/notify/notifier.ts";
import { until } from "../../support/until.ts";
import { smallConfig } from "../small-config.ts";
import { httpReceiver } from "./http-receiver.ts";

const alert = (severity: Alert["severity"], subject = "pc2"): Alert => ({
  kind: "alert",
  at: { wallMs: Date.now(), counter: 0 },
  severity,
  name: "nats-lost",
  subject,
  message: "it is dead",
});

function scratch(): string {
  const dir = mkdtempSync(join(tmpdir(), "tandem-notifier-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

async function open(url: string, stateDirectory: string) {
  const raised: Message[] = [];
  const lines: string[] = [];
  const notifier = new Notifier({
    config: smallConfig({
      stateDirectory,
      notifications: { channels: [{ kind: "webhook", name: "hook", url: `${url}/SECRET` }] },
    }),
    peerCutForMs: () => undefined,
    isQuiet: () => false,
    onTold: () => {},
    onRaised: (message) => raised.push(message),
    log: createLog("test", (line) => lines.push(line)),
    clock: () => performance.now(),
  });
  onTestFinished(() => notifier.stop());
  await notifier.open();
  return { notifier, raised, lines };
}

const kinds = (bodies: { body: string }[]) => bodies.map(({ body }) => JSON.parse(body).kind);

it("what this hub stored is told and announced; what the peer stored is told by a peer that has the channel", async () => {
  const receiver = await httpReceiver();
  const { notifier, raised, lines } = await open(receiver.url, scratch());
  notifier.begin(() => true);
  notifier.heardPeer({ channels: ["hook"], told: [] });
  notifier.noted(alert("urgent", "own"), "mainpc", true);
  notifier.noted(alert("urgent", "peers"), "pc2", false);
  notifier.heardPeer({ channels: ["hook"], told: [] });
  await until("its own", () => receiver.received.length === 1);
  expect(raised.map(({ subject }) => subject)).toEqual(["own"]);
  await new Promise((resolve) => setTimeout(resolve, 1_200));
  expect(receiver.received.map(({ body }) => JSON.parse(body).subject)).toEqual(["own"]);
  expect(notifier.word()).toMatchObject({
    channels: ["hook"],
    told: [[expect.stringContaining("own"), "hook", expect.any(Number)]],
  });
  expect(lines.join("")).not.toContain("SECRET");
});

it("a peer of an older version tells nothing, so this hub tells what that one stored", async () => {
  const receiver = await httpReceiver();
  const { notifier } = await open(receiver.url, scratch());
  notifier.begin(() => true);
  notifier.noted(alert("urgent"), "pc2", false);
  notifier.heardPeer(undefined);
  await until("the peer's", () => receiver.received.length === 1);
});

it("what could not be told waits on disk and is told after a restart, once", async () => {
  const [receiver, dir] = [await httpReceiver(), scratch()];
  receiver.status = 503;
  const first = await open(receiver.url, dir);
  first.notifier.begin(() => true);
  first.notifier.noted(alert("urgent"), "mainpc", true);
  await until("an attempt", () => first.notifier.views()[0]?.error !== null);
  expect(first.notifier.views()[0]).toMatchObject({ queued: 1, error: "it answered 503: a word of the server" });
  await first.notifier.stop();
  receiver.status = 200;
  const second = await open(receiver.url, dir);
  second.notifier.begin(() => true);
  second.notifier.heardPeer(undefined);
  await until("the notice", () => receiver.received.length === 1);
  second.notifier.noted(alert("resolved"), "mainpc", true);
  await until("its end", () => receiver.received.length === 2);
  expect(kinds(receiver.received)).toEqual(["raised", "resolved"]);
  await second.notifier.stop();
  const third = await open(receiver.url, dir);
  third.notifier.begin(() => false);
  third.notifier.heardPeer(undefined);
  await new Promise((resolve) => setTimeout(resolve, 1_200));
  expect(receiver.received).toHaveLength(2);
});

it("a file that cannot be read is said so, and the hub goes on by its records", async () => {
  const [receiver, dir] = [await httpReceiver(), scratch()];
  writeFileSync(join(dir, "notifications.json"), "{");
  const { notifier, lines } = await open(receiver.url, dir);
  expect(lines.join("")).toContain("notifications.unread");
  notifier.noted(alert("urgent"), "mainpc", false);
  notifier.begin(() => true);
  notifier.heardPeer(undefined);
  await until("what stands", () => receiver.received.length === 1);
});

it("what turns urgent, and what is raised while it flaps, is announced each time it is raised", async () => {
  const receiver = await httpReceiver();
  const { notifier, raised } = await open(receiver.url, scratch());
  notifier.begin(() => true);
  let wallMs = Date.now();
  const say = (severity: Alert["severity"]) =>
    notifier.noted({ ...alert(severity), at: { wallMs: wallMs++, counter: 0 } }, "mainpc", true);
  for (let turn = 0; turn < 6; turn++)
    for (const severity of ["warning", "warning", "resolved"] as const) say(severity);
  for (const severity of ["warning", "urgent", "urgent"] as const) say(severity);
  expect(raised.map(({ severity }) => severity)).toEqual([...Array(7).fill("warning"), "urgent"]);
});
