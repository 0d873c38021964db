import { once } from "node:events";
import { Agent, request } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { expect, it, onTestFinished } from "vitest";
import { createLog } from "../../../hub/io/log.ts";
import { RouterClient } from "../../../hub/io/router-client.ts";
import { RouterConfig, type RouterConfigInput } from "../../../hub/router/config.ts";
import { routerProcess } from "../../../hub/router/router-process.ts";
import type { SucceedingProcess } from "../../../hub/succession/succeeding-process.ts";
import { freePorts } from "../../support/free-ports.ts";
import { until } from "../../support/until.ts";
import { httpTarget, scratchFolder, service, tcpTarget } from "./fixture.ts";

/** Says again and again, as a hub does, where the service acts. @returns has it act elsewhere, by the next epoch */
function sayAgain(socket: string, at: { host: string; port: number }): (to: { host: string; port: number }) => void {
  const client = new RouterClient({ socket });
  let [epoch, { host, port }] = [2, at];
  const timer = setInterval(() => {
    client.put([{ service, epoch, to: { host, port }, untilMonoMs: null }]).catch(() => {});
  }, 100);
  onTestFinished(() => {
    clearInterval(timer);
    client.stop();
  });
  return (to) => {
    epoch++;
    ({ host, port } = to);
  };
}

async function configOf(): Promise<RouterConfigInput> {
  const folder = scratchFolder();
  const [port = 0] = await freePorts(1);
  const [socket, stateFile] = [join(folder, "router.sock"), join(folder, "epochs.json")];
  return { v: 1, machine: "mainpc", socket, listenHost: "127.0.0.1", stateFile, routes: [{ service, port }] };
}

function processOf(config: RouterConfigInput): SucceedingProcess {
  const made = routerProcess(
    RouterConfig.parse(config),
    createLog("test", () => {}),
  );
  onTestFinished(() => made.stop());
  return made;
}

const portOf = ({ routes }: RouterConfigInput) => routes[0]?.port ?? 0;

function ask(port: number, agent: Agent): Promise<string> {
  return new Promise((resolve) => {
    const asked = request({ port, host: "127.0.0.1", agent, timeout: 10_000 }, (answer) => {
      answer.resume().once("end", () => resolve(String(answer.statusCode)));
      answer.once("error", (error) => resolve(error.message));
    });
    asked.once("timeout", () => asked.destroy(new Error("no answer")));
    asked.once("error", (error) => resolve(error.message));
    asked.end();
  });
}

/** Asks by kept connections and by new ones while something happens. @returns what was answered, and how often */
async function askedWhile(port: number, happens: () => Promise<void>): Promise<Record<string, number>> {
  const agents = [true, false].map((keepAlive) => new Agent({ keepAlive, maxSockets: 32 }));
  const answers: Promise<string>[] = [];
  const timer = setInterval(() => {
    for (const agent of agents) answers.push(ask(port, agent));
  }, 10);
  await setTimeout(200);
  await happens();
  clearInterval(timer);
  const counts: Record<string, number> = {};
  for (const answer of await Promise.all(answers)) counts[answer] = (counts[answer] ?? 0) + 1;
  for (const agent of agents) agent.destroy();
  return counts;
}

it("a router that is replaced answers every request, on kept connections and new ones alike", async () => {
  const target = await httpTarget((_, response) => response.end("here"));
  const config = await configOf();
  sayAgain(config.socket, target);
  const first = processOf(config);
  await first.start();
  const replaced = await askedWhile(portOf(config), async () => {
    const second = processOf({ ...config, limits: { retryMs: 101 } });
    await second.start();
    await setTimeout(500);
    await first.stop();
    await setTimeout(300);
  });
  expect(Object.keys(replaced)).toEqual(["200"]);
  expect(replaced["200"]).toBeGreaterThan(100);
});

it("a router that has yielded acts again when its successor is stopped, until another one follows", async () => {
  const target = await httpTarget((_, response) => response.end("here"));
  const config = await configOf();
  sayAgain(config.socket, target);
  const agent = new Agent();
  const first = processOf(config);
  await first.start();
  const second = processOf({ ...config, limits: { retryMs: 101 } });
  await second.start();
  await second.stop();
  await until("an answer", async () => (await ask(portOf(config), agent)) === "200");
  const third = processOf({ ...config, limits: { retryMs: 102 } });
  const counts = await askedWhile(portOf(config), () => third.start());
  expect(Object.keys(counts)).toEqual(["200"]);
});

it("a connection that is no HTTP is carried until the router that has yielded is stopped", async () => {
  const target = await tcpTarget((socket) => void socket.pipe(socket));
  const config = await configOf();
  sayAgain(config.socket, target);
  const first = processOf(config);
  await first.start();
  const client = connect(portOf(config), "127.0.0.1").on("error", () => {});
  onTestFinished(() => void client.destroy());
  const echo = async (text: string) => {
    client.write(text);
    const [heard] = await once(client, "data");
    return String(heard);
  };
  expect(await echo("one")).toBe("one");
  const second = processOf({ ...config, limits: { retryMs: 101 } });
  await second.start();
  await until("the new one's word", async () => {
    const asked = connect(portOf(config), "127.0.0.1").on("error", () => {});
    asked.write("new");
    const heard = await Promise.race([once(asked, "data"), setTimeout(1_000, [""])]);
    asked.destroy();
    return String(heard[0]) === "new";
  });
  expect(await echo("two")).toBe("two");
  const ended = once(client, "close");
  await first.stop();
  await ended;
});

it("a connection that is no HTTP leaves a service that moves after its router has acted again, as any other does", async () => {
  const old = await tcpTarget((socket) => void socket.pipe(socket));
  const next = await tcpTarget((socket) => void socket.end("next"));
  const config = await configOf();
  const move = sayAgain(config.socket, old);
  const first = processOf(config);
  await first.start();
  const client = connect(portOf(config), "127.0.0.1").on("error", () => {});
  onTestFinished(() => void client.destroy());
  client.write("one");
  await once(client, "data");
  const second = processOf({ ...config, limits: { retryMs: 101 } });
  await second.start();
  await second.stop();
  const ended = once(client, "close");
  move(next);
  await ended;
});
