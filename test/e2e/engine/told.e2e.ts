/** People are told by a deployed pair, a browser is signed in to it, and tokens let in: secrets from the stacks, a receiver and a Chromium outside. */
import { createHmac } from "node:crypto";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { hubUid } from "../../../components/hub.ts";
import { orderSocket } from "../../../components/hub-paths.ts";
import type { Message } from "../../../hub/notify/message.ts";
import { ensureTool } from "../../../ops/tools/ensure-tool.ts";
import { until } from "../../support/until.ts";
import { DeploySite, runningHub, say, testMs } from "./deploy-site.ts";
import { stacks } from "./deployed-pair.ts";

vi.setConfig({ testTimeout: testMs });
const key = "a key that only the pair and the receiver know";
const tokens = {
  commands: "of-the-commands-0123456789-0123456789",
  tutor: "tutor's 0123456789 0123456789 0123456789",
  ann: "ann's 0123456789 0123456789 0123456789",
};
/** An alert is damped, and its end as well, ms. */
const tellMs = 60_000;
/** A machine that was killed comes up with its engine and its containers, ms. */
const returnMs = 120_000;

let site: DeploySite;
let browser: Browser;
let receiver: Server;
const got: Message[] = [];
const badlySigned: string[] = [];
let aliveSaid = 0;

beforeAll(async () => {
  site = await DeploySite.prepare("told");
  receiver = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (text: string) => (body += text));
    request.on("end", () => {
      if (request.url === "/alive") aliveSaid++;
      else if (isSigned(String(request.headers["tandem-signature"]), body)) got.push(JSON.parse(body));
      else badlySigned.push(body);
      response.end();
    });
  });
  const { gateway } = site.pair.lab.plan;
  await once(receiver.listen(0, gateway), "listening");
  const url = `http://${gateway}:${(receiver.address() as AddressInfo).port}`; // it listens on a port
  await site.set("notifications.channels[0].kind", "webhook");
  await site.set("notifications.channels[0].name", "hook");
  await site.set("notifications.channels[0].urlSecret", "hook-url");
  await site.set("notifications.channels[0].keySecret", "hook-key");
  await site.set("notifications.deadMansSwitch.urlSecret", "switch-url");
  await site.set("notifications.deadMansSwitch.everySeconds", "5");
  const secrets = { "hook-url": `${url}/hook`, "hook-key": key, "switch-url": `${url}/alive` };
  for (const stack of stacks)
    for (const [name, value] of Object.entries(secrets))
      await site.pair.engine.set(stack, `notificationSecrets.${name}`, value, "--secret");
  await site.set("access.push[0].name", "tutor");
  await site.set("access.push[0].tokenSecret", "tutor");
  await site.set("access.push[0].jobs[0]", "tutor");
  await site.set("access.operators[0].name", "ann");
  await site.set("access.operators[0].tokenSecret", "ann");
  await site.set("access.push[1].name", "commands");
  await site.set("access.push[1].tokenSecret", "commands");
  await site.set("access.push[1].jobs[0]", "tandem_deploy");
  for (const stack of stacks)
    for (const [name, token] of Object.entries(tokens))
      await site.pair.engine.set(stack, `accessTokens.${name}`, token, "--secret");
  site.pair.engine.env.TANDEM_PUSH_TOKEN_FILE = site.pair.engine.file("push.token", `${tokens.commands}\n`);
  await site.deploy();
  await site.settled();
  browser = await chromium.launch({ executablePath: await ensureTool("chromium", say), args: ["--no-sandbox"] });
}, testMs);

afterAll(async () => {
  await browser?.close();
  receiver?.closeAllConnections();
  receiver?.close();
  await site?.remove();
});

function isSigned(header: string, body: string): boolean {
  const [, seconds, signature] = /^t=(\d+),v1=([0-9a-f]+)$/.exec(header) ?? [];
  return signature === createHmac("sha256", key).update(`${seconds}.${body}`).digest("hex");
}

const toldOf = (subject: string) =>
  got.filter((message) => message.subject === subject).map(({ kind, alert }) => `${kind} ${alert}`);

it("a test arrives from both hubs, signed by the stacks' secret, and both say to the service outside that they live", async () => {
  say(
    `told since the first deployment began: ${got.map(({ kind, alert, subject }) => `${kind} ${alert} of ${subject}`).join(", ")}`,
  );
  const { stdout } = await site.tandem(0, "alert", "test", "--severity", "urgent");
  expect(stdout).toContain("hook");
  const tests = got.filter(({ kind }) => kind === "test").map(({ machine }) => machine);
  expect(tests.toSorted()).toEqual(stacks);
  expect(badlySigned).toEqual([]);
  await until("both dead-man's switches", () => aliveSaid >= 4, tellMs);
  expect((await site.tandem(0, "alert", "channels")).stdout).toMatch(/hook/);
  expect((await site.tandem(0, "doctor")).text).toMatch(/notifications +told by hook/);
});

it("the secrets of channels are on no command line, in no environment, image, log, plan or state", async () => {
  expect((await site.tandem(0, "secrets", "audit")).text).toMatch(/secrets searched for, none found/);
  const state = await site.pair.engine.must("mainpc", "stack export");
  for (const secret of [key, ...Object.values(tokens)]) expect(state.text).not.toContain(secret);
});

it("pushes need the token of their job, and orders from elsewhere an operator's, which a renewed file knows without a restart", async () => {
  const { hub } = site.pair.at("mainpc");
  const shown = (token?: string): Record<string, string> => (token ? { authorization: `Bearer ${token}` } : {});
  const push = async (job: string, token?: string) => {
    const headers = shown(token);
    const answer = await fetch(`${hub}/metrics/job/${job}`, { method: "PUT", headers, body: "depth 1\n" });
    return `${answer.status} ${answer.headers.get("tandem-replication")}`;
  };
  expect(await push("tutor")).toBe("401 null");
  expect(await push("other", tokens.tutor)).toBe("403 null");
  expect(await push("tutor", tokens.tutor)).toBe("200 peer");
  const silence = async (token?: string) => {
    const headers = shown(token);
    const body = JSON.stringify({ target: "nats-lost", minutes: 1, reason: "a test" });
    const answer = await fetch(`${hub}/api/v1/silences`, { method: "POST", headers, body });
    return [answer.status, (await answer.text()).includes('"by":"ann"')];
  };
  expect(await silence()).toEqual([403, false]);
  expect(await silence(tokens.tutor)).toEqual([401, false]);
  expect(await silence(tokens.ann)).toEqual([200, true]);

  const before = await site.pair.containers("mainpc");
  const renewed = "a renewed one 0123456789 0123456789 0123456789";
  await site.pair.engine.set("mainpc", "accessTokens.tutor", renewed, "--secret");
  await site.pair.engine.up("mainpc");
  await until("the new token", async () => (await push("tutor", renewed)) === "200 peer", tellMs);
  expect(await push("tutor", tokens.tutor)).toBe("401 null");
  expect(await site.pair.containers("mainpc")).toEqual(before);
});

it("a process of the machine gives no order at the hub's port, and the hub's socket is its user's alone", async () => {
  const { hub } = site.pair.at("mainpc");
  const body = `JSON.stringify({ target: "nats-lost", minutes: 1, reason: "a test", by: "an agent" })`;
  const asked = `fetch("${hub}/api/v1/silences", { method: "POST", body: ${body} })`;
  const program = `${asked}.then(({ status }) => console.log(status))`;
  const inHub = (command: string) => site.pair.lab.mainpc.exec(`docker exec ${runningHub} ${command}`);
  expect((await inHub(`node -e '${program}'`)).trim()).toBe("403");
  expect((await inHub(`stat -c '%F %a %u' ${orderSocket}`)).trim()).toBe(`socket 600 ${hubUid}`);
});

it("a machine without power is told once by the other one, and its return as well", async () => {
  got.length = 0;
  await site.pair.lab.kill("pc2");
  await until("machine-lost of pc2", () => toldOf("pc2").includes("raised machine-lost"), tellMs);
  await site.pair.lab.start("pc2");
  await until("its end", () => toldOf("pc2").includes("resolved machine-lost"), returnMs);
  await site.pair.whole();
  const lost = toldOf("pc2").filter((line) => line.endsWith("machine-lost"));
  expect(lost).toEqual(["raised machine-lost", "resolved machine-lost"]);
  expect(badlySigned).toEqual([]);
  const timeline = (await site.tandem(0, "timeline")).stdout;
  expect(timeline).toMatch(/machine-lost/);
  expect(timeline).toMatch(/deploy/);
});

it("tandem sign-in opens each hub's page for an operator, who silences from there and with the command", async () => {
  const { stdout } = await site.tandem(0, "sign-in", "--json");
  const { hubs } = JSON.parse(stdout) as { hubs: { url: string; page: string }[] };
  expect(hubs.map(({ url }) => url)).toEqual(stacks.map((stack) => site.pair.at(stack).hub));
  for (const { page: address } of hubs) {
    const page = await browser.newPage();
    await page.goto(address);
    await page.getByText("Signed in as").waitFor();
    expect(page.url()).not.toContain("sign-in");
    await page.close();
  }
  const mistyped = await site.tandem(1, "alert", "silence", "machine-lost", "pc3");
  expect(mistyped.text).toContain("did you mean pc2");
  await site.tandem(0, "alert", "silence", "machine-lost", "pc2", "--minutes", "5");
  expect((await site.tandem(0, "alert", "list")).stdout).toContain("machine-lost pc2");
  await site.tandem(0, "alert", "unsilence", "machine-lost", "pc2");
  expect((await site.tandem(0, "sign-in", "--revoke-all")).stdout).toContain(site.pair.at("pc2").hub);
});
